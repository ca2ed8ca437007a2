//! Refresh tokens (G14 to G22), across a crash too.

use std::collections::BTreeSet;

use super::{Connected, INVALID_GRANT, alice, at_once};
use crate::third_party::client::TokenAnswer;

#[tokio::test(flavor = "multi_thread")]
async fn g18_a_hundred_refreshes_at_once_give_one_successor() {
    let stage = Connected::with("").await;
    let refresh = |_| {
        let (client, token) = (stage.client.clone(), stage.tokens.refresh.clone());
        async move { client.refresh(&token).await.tokens() }
    };
    let answers = at_once(100, refresh).await;
    let successors: BTreeSet<_> = answers.iter().map(|it| &it.refresh).collect();
    assert_eq!(successors.len(), 1);
    let next = stage.client.refresh(&answers[0].refresh).await.tokens();
    assert_eq!(stage.status(&next.access).await, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn g15_a_spent_refresh_token_ends_everything_before_the_answer() {
    let stage = Connected::with("").await;
    let (mut reuses, mut dead) = (0, 0);
    for refreshes in 2..7 {
        let mut tokens = vec![stage.client.connect(&alice()).await];
        for present in 0..refreshes {
            let next = stage.client.refresh(&tokens[present].refresh).await.tokens();
            let again = stage.client.refresh(&tokens[present].refresh).await.tokens();
            assert_eq!(again.refresh, next.refresh, "a lost answer may be asked for again");
            tokens.push(next);
        }
        for each in &tokens {
            assert_eq!(stage.status(&each.access).await, 200);
        }

        let reuse = stage.client.refresh(&tokens[0].refresh).await;
        assert_eq!(reuse.refusal(), (400, INVALID_GRANT.to_owned()));
        reuses += 1;
        for each in &tokens {
            assert_eq!(stage.status(&each.access).await, 401);
            let refused = stage.client.refresh(&each.refresh).await;
            assert_eq!(refused.refusal(), (400, INVALID_GRANT.to_owned()));
            dead += 2;
        }
    }
    println!("FI-05: {reuses} reuses; of {dead} tokens of their grants 0 alive when the reuse was answered");
}

#[tokio::test(flavor = "multi_thread")]
async fn g20_a_crash_makes_nobody_forget_what_was_spent() {
    let mut stage = Connected::with("").await;
    let first = stage.client.refresh(&stage.tokens.refresh).await.tokens();
    let second = stage.client.refresh(&first.refresh).await.tokens();
    stage.gateway.crash_and_restart();
    assert_eq!(stage.status(&second.access).await, 200, "what was acknowledged is kept");
    let third = stage.client.refresh(&second.refresh).await.tokens();

    stage.gateway.crash_and_restart();
    let replay = stage.client.refresh(&first.refresh).await;
    assert_eq!(replay.refusal(), (400, INVALID_GRANT.to_owned()));
    assert_eq!(stage.status(&third.access).await, 401);
    stage.gateway.crash_and_restart();
    let dead = stage.client.refresh(&third.refresh).await;
    assert_eq!(dead.refusal(), (400, INVALID_GRANT.to_owned()), "what was ended stays ended");
    assert_eq!(stage.status(&third.access).await, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn g21_when_a_revocation_is_answered_nothing_lives() {
    let stage = Connected::with("").await;
    let refreshing = {
        let (client, mut tokens) = (stage.client.clone(), stage.tokens.clone());
        tokio::spawn(async move {
            let mut seen = vec![tokens.clone()];
            loop {
                let answer = client.refresh(&tokens.refresh).await;
                if answer.status != 200 {
                    return (seen, answer.refusal());
                }
                tokens = answer.tokens();
                seen.push(tokens.clone());
            }
        })
    };
    assert_eq!(stage.client.revoke(&stage.tokens.access).await.status, 200);
    assert_eq!(stage.status(&stage.tokens.access).await, 401);
    let (seen, refusal) = refreshing.await.unwrap();
    assert_eq!(refusal, (400, INVALID_GRANT.to_owned()));
    for tokens in seen {
        assert_eq!(stage.status(&tokens.access).await, 401);
        assert_eq!(stage.client.refresh(&tokens.refresh).await.refusal(), (400, INVALID_GRANT.to_owned()));
    }
}
