//! What the audit says of each act, and what it never says.

use oauth_client::AllowRules;
use token_manager::{EndCause, RevokeSelector};

use super::world::*;
use crate::third_party::testing::audit;

#[tokio::test]
async fn each_act_of_a_person_is_one_line_without_secrets() {
    audit::listen();
    let world = World::new().await;
    let mut jar = world.jar();
    let mut all = Vec::new();
    let mut check = |expected: &[&str]| {
        let lines = audit::take();
        assert_eq!(lines, expected);
        all.extend(lines);
    };

    let away = jar.away("hub").await;
    check(&[r#"consent given, sign-in to follow principal.provider=hub client.id="client""#]);
    let answer = jar.back(&away).await;
    check(&[r#"signed in principal.provider=hub principal.subject=583231 client.id="client""#]);

    let page = jar.asked().await;
    let session = jar.session().unwrap().to_owned();
    jar.decide(&page, "signed-in").await;
    check(&[r#"consent given principal.provider=hub principal.subject=583231 client.id="client""#]);

    let page = jar.asked().await;
    jar.decide(&page, "deny").await;
    check(&[r#"consent denied client.id="client""#]);

    let page = jar.get("/account").await;
    let csrf = page.hidden("csrf");
    jar.post("/account", &[("csrf", &csrf), ("action", "sign-out")]).await;
    check(&["signed out principal.provider=hub principal.subject=583231"]);

    let code = answer.answered("code").unwrap();
    let state = away.query_pairs().find(|it| it.0 == "state").unwrap().1.into_owned();
    for secret in ["gho_", "code-1", &code, &session, &state, &csrf] {
        assert!(all.iter().all(|line| !line.contains(secret)), "{secret} in {all:?}");
    }
}

#[tokio::test]
async fn whom_the_rules_keep_out_is_in_the_audit() {
    let nobody = AllowRules::default();
    let world = World::with(|it| it.rules = nobody).await;
    let mut jar = world.jar();
    let away = jar.away("hub").await;
    audit::listen();
    audit::take();
    jar.back(&away).await;
    assert_eq!(
        audit::take(),
        ["not allowed to sign in principal.provider=hub principal.subject=583231 client.id=\"client\" \
          reason=the allow rules are empty, which means nobody"]
    );
}

/// What an operator looks for after people had to sign in again: whether the third party ended it, or we lost its answer.
#[tokio::test]
async fn k01_k03_the_end_of_a_grant_is_one_line_with_its_reason() {
    let world = World::new().await;
    let mut jar = world.jar();
    for (cause, code) in [
        (EndCause::ThirdPartyEnded, "third_party_ended"),
        (EndCause::ThirdPartyRefreshLost, "third_party_refresh_lost"),
    ] {
        let signed_in = jar.sign_in().await;
        let grant = world.redeem(&signed_in.answered("code").unwrap()).await.unwrap();
        audit::listen();
        audit::take();
        world.grants.revoke(&RevokeSelector::Grant(grant), cause).await.unwrap();
        let lines = audit::take();
        assert_eq!(lines.len(), 1, "{lines:?}");
        let words =
            [format!("grant.id={grant}"), format!("grant.cause={code:?}"), "subject=583231".to_owned()];
        for wanted in words {
            assert!(lines[0].contains(&wanted), "no {wanted} in {lines:?}");
        }
    }
}
