//! Many requests at once for one secret, at three gateways (FI-03, FI-04).

use std::collections::BTreeSet;

use super::cluster::Cluster;
use crate::{
    support::Answer,
    third_party::{
        attacks::{INVALID_GRANT, at_once},
        client::TokenAnswer,
        stage::alice,
    },
};

#[tokio::test(flavor = "multi_thread")]
async fn fi03_g02_of_a_thousand_redemptions_at_three_gateways_one_succeeds() {
    let cluster = Cluster::start().await;
    let client = cluster.client().await;
    let asked = client.asks();
    let code = client.code(&alice(), &asked).await;
    let redemption = |_| {
        let (client, code, verifier) = (client.clone(), code.clone(), asked.verifier.clone());
        patiently(move || {
            let (client, code, verifier) = (client.clone(), code.clone(), verifier.clone());
            async move { client.redeem(&code, &verifier).await }
        })
    };
    let answers = at_once(1000, redemption).await;
    let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(|it| it.status == 200);
    assert_eq!(won.len(), 1);
    // After so many failures of one address the rest is not even looked at.
    let judged: Vec<_> = lost.iter().filter(|it| it.status != 429).collect();
    let refusals: BTreeSet<_> = judged.iter().map(|it| it.refusal()).collect();
    assert_eq!(refusals, BTreeSet::from([(400, INVALID_GRANT.to_owned())]));
    println!("1 of 1000 redemptions at 3 gateways succeeded, {} were refused by the database", judged.len());
    cluster.until_everywhere(&won[0].tokens().access, 401).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fi04_g18_of_a_hundred_refreshes_at_three_gateways_one_branch_lives() {
    let cluster = Cluster::start().await;
    let client = cluster.client().await;
    let first = client.connect(&alice()).await;
    let refresh = |_| {
        let (client, token) = (client.clone(), first.refresh.clone());
        patiently(move || {
            let (client, token) = (client.clone(), token.clone());
            async move { client.refresh(&token).await }
        })
    };
    let answers = at_once(100, refresh).await;
    let successors: BTreeSet<_> = answers.iter().map(|it| it.tokens().refresh).collect();
    assert_eq!(successors.len(), 1, "whoever asks, at whichever gateway");
    let second = successors.into_iter().next().unwrap();
    let third = client.refresh(&second).await.tokens();
    assert_eq!(cluster.statuses(&third.access).await, [200; 3]);
    client.refresh(&third.refresh).await.tokens();
    assert_eq!(client.refresh(&first.refresh).await.refusal(), (400, INVALID_GRANT.to_owned()));
    cluster.until_everywhere(&third.access, 401).await;
}

/// The answer that is no 503: on a busy machine a database may keep somebody waiting for too long.
async fn patiently<F: Future<Output = Answer>>(request: impl Fn() -> F) -> Answer {
    loop {
        let answer = request().await;
        if answer.status != 503 {
            return answer;
        }
        assert_eq!(answer.refusal().1, "temporarily_unavailable");
    }
}
