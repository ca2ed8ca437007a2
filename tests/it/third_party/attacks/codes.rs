//! Authorization codes (G01 to G08).

use std::collections::BTreeSet;

use super::{Connected, INVALID_GRANT, alice, at_once};
use crate::third_party::client::{Client, TokenAnswer};

#[tokio::test(flavor = "multi_thread")]
async fn g02_of_a_thousand_redemptions_at_once_one_succeeds() {
    let stage = Connected::with("").await;
    let asked = stage.client.asks();
    let code = stage.client.code(&alice(), &asked).await;
    let redemption = |_| {
        let (client, code, verifier) = (stage.client.clone(), code.clone(), asked.verifier.clone());
        async move { client.redeem(&code, &verifier).await }
    };
    let answers = at_once(1000, redemption).await;
    let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(|it| it.status == 200);
    assert_eq!(won.len(), 1);
    // After so many failures of one address the rest is not even looked at.
    let judged = lost.iter().filter(|it| it.status != 429);
    let refusals: BTreeSet<_> = judged.map(TokenAnswer::refusal).collect();
    assert_eq!(refusals, BTreeSet::from([(400, INVALID_GRANT.to_owned())]));
    // Whoever redeemed it second may have been the thief, so what the first got is dead too.
    let tokens = won[0].tokens();
    assert_eq!(stage.status(&tokens.access).await, 401);
    assert!(matches!(stage.client.refresh(&tokens.refresh).await.status.as_u16(), 400 | 429));
    assert_eq!(stage.status(&stage.tokens.access).await, 200, "another grant of the same person lives on");
}

#[tokio::test(flavor = "multi_thread")]
async fn g03_g05_whoever_has_not_asked_gets_nothing_and_spoils_nothing() {
    let stage = Connected::with("").await;
    let other = Client::register_as(&stage.gateway, serde_json::json!({ "client_name": "Another" })).await;
    let asked = stage.client.asks();
    let code = stage.client.code(&alice(), &asked).await;
    let refused = (400, INVALID_GRANT.to_owned());
    // More often than its own client may be wrong.
    for verifier in [asked.verifier.as_str(), "x".repeat(43).as_str()].repeat(5) {
        assert_eq!(other.redeem(&code, verifier).await.refusal(), refused);
    }
    assert_eq!(stage.client.redeem(&code, &"x".repeat(43)).await.refusal(), refused);
    let tokens = stage.client.redeem(&code, &asked.verifier).await.tokens();
    assert_eq!(other.redeem(&code, &asked.verifier).await.refusal(), refused);
    assert_eq!(stage.status(&tokens.access).await, 200, "a stranger's attempt ends no grant");
}
