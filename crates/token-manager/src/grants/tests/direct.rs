//! Grants that begin without a code.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use oauth_types::Principal;

use crate::{
    AuthorizationCode, DirectGrant, EndCause, IssueError, IssuedTokens, Liveness, Refusal, RevokeSelector,
    testing::*,
};

fn job() -> DirectGrant {
    DirectGrant {
        client_id: client(),
        principal: Principal::of_client(&client()).unwrap(),
        scope: "mcp".parse().unwrap(),
        resource: resource(),
        key: None,
        rests_on: None,
    }
}

async fn issue(world: &World) -> IssuedTokens {
    world.grants.issue_tokens(job()).await.unwrap()
}

fn is_live(world: &World, tokens: &IssuedTokens) -> bool {
    world.grants.is_live(&tokens.grant) == Liveness::Live
}

#[tokio::test]
async fn a_direct_grant_lives_as_long_as_its_token() {
    let world = World::with(|it| it.access_token_lifetime = std::time::Duration::from_secs(600)).await;
    let tokens = issue(&world).await;
    assert_eq!((tokens.expires_in.as_secs(), tokens.scope.to_string()), (600, "mcp".to_owned()));
    assert!(tokens.refresh_token.is_none());
    world.advance(599);
    assert!(is_live(&world, &tokens));
    world.advance(1);
    assert!(!is_live(&world, &tokens));
    world.grants.upkeep().once().await.unwrap();
    assert_eq!(world.events.causes(), [EndCause::AbsoluteTimeout]);
    assert_eq!(world.grants.count(), (0, 0));
}

#[tokio::test]
async fn a_direct_grant_is_listed_revoked_and_outlives_a_restart() {
    let world = World::new().await;
    let (kept, ended) = (issue(&world).await, issue(&world).await);
    let listed = world.grants.list(&RevokeSelector::Client(client())).await.unwrap();
    assert_eq!(listed.len(), 2);
    assert_eq!(listed[0].principal.to_subject().unwrap().as_str(), "client-a");
    assert!(!world.grants.revoke_for_client(ended.grant, &"client-b".parse().unwrap()).await.unwrap());
    assert!(is_live(&world, &ended), "another client ends nothing");
    assert!(world.grants.revoke_for_client(ended.grant, &client()).await.unwrap());
    assert_eq!(world.events.causes(), [EndCause::ClientRevoked]);
    let again = world.restarted().await;
    assert!(is_live(&again, &kept) && !is_live(&again, &ended));
}

#[tokio::test]
async fn no_code_belongs_to_a_direct_grant() {
    let world = World::new().await;
    let tokens = issue(&world).await;
    let entropy = oauth_types::SystemEntropy;
    let (forged, _) = AuthorizationCode::issue(&tokens.grant, &entropy);
    assert_eq!(refused(world.redeem(&forged).await), Refusal::CodeUsed);
    assert!(is_live(&world, &tokens), "and whoever makes one up ends nothing");
}

#[tokio::test]
async fn g27_a_store_that_fails_leaves_no_direct_grant() {
    let world = World::new().await;
    world.store.set_down(true);
    let outcome = world.grants.issue_tokens(job()).await;
    assert!(matches!(outcome, Err(IssueError::Unavailable(_))), "{outcome:?}");
    assert_eq!(world.grants.count(), (0, 0));
    world.store.set_down(false);
    assert!(is_live(&world, &issue(&world).await));
}

#[tokio::test]
async fn rfc9449_6_a_direct_grant_is_bound_to_the_key_that_was_proven() {
    let world = World::new().await;
    let key = oauth_types::JwkThumbprint::from_bytes([7; 32]);
    let tokens = world.grants.issue_tokens(DirectGrant { key: Some(key), ..job() }).await.unwrap();
    assert_eq!(claims_of(&tokens)["cnf"]["jkt"], key.to_string());
    assert_eq!(claims_of(&issue(&world).await).get("cnf"), None);
}

fn claims_of(tokens: &IssuedTokens) -> serde_json::Value {
    let payload = tokens.access_token.expose().split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

/// A client that asks for a token with each request holds no more than so many grants, and ends nobody else's.
#[tokio::test]
async fn l22_a_client_that_acts_for_itself_has_so_many_grants_at_most() {
    let world = World::new().await;
    let other = DirectGrant {
        client_id: "client-b".parse().unwrap(),
        principal: Principal::of_client(&"client-b".parse().unwrap()).unwrap(),
        ..job()
    };
    let other = world.grants.issue_tokens(other).await.unwrap();
    let person = world.grants.issue_tokens(DirectGrant { principal: person("1"), ..job() }).await.unwrap();
    let mut issued = Vec::new();
    for _ in 0..crate::Grants::MOST_OF_A_MACHINE {
        issued.push(issue(&world).await);
    }
    assert!(issued.iter().all(|it| is_live(&world, it)));
    // One that has ended by itself leaves its place.
    world.grants.revoke_for_client(issued[5].grant, &client()).await.unwrap();
    issued.push(issue(&world).await);
    assert!(is_live(&world, &issued[0]));

    // After a restart too.
    let world = world.restarted().await;
    issued.push(issue(&world).await);
    let lives = issued.iter().filter(|it| is_live(&world, it)).count();
    assert_eq!(lives, crate::Grants::MOST_OF_A_MACHINE);
    assert_eq!(world.events.causes(), [EndCause::TooMany]);
    assert!(is_live(&world, issued.last().unwrap()));
    assert!(is_live(&world, &other) && is_live(&world, &person));
}

#[tokio::test]
async fn g38_what_is_withdrawn_takes_its_grants_along_also_after_a_restart() {
    let world = World::new().await;
    let on = |name: &str| Some(crate::SessionKey::new(name).unwrap());
    let mut grants = Vec::new();
    for rests_on in [on("trust:a"), on("trust:b"), on("session-a"), None] {
        grants.push(world.grants.issue_tokens(DirectGrant { rests_on, ..job() }).await.unwrap());
    }
    let all = |kept: &[&str]| RevokeSelector::Withdrawn {
        beginning: "trust:",
        kept: kept.iter().map(|it| crate::SessionKey::new(it).unwrap()).collect(),
    };
    let lives = |world: &World| grants.iter().map(|it| is_live(world, it)).collect::<Vec<_>>();
    assert_eq!(world.grants.revoke(&all(&["trust:a", "trust:b"]), EndCause::IssuerChanged).await.unwrap(), 0);
    assert_eq!(lives(&world), [true; 4]);
    let world = world.restarted().await;
    assert_eq!(world.grants.revoke(&all(&["trust:b"]), EndCause::IssuerChanged).await.unwrap(), 1);
    assert_eq!(lives(&world), [false, true, true, true]);
    assert_eq!(world.events.causes(), [EndCause::IssuerChanged]);
}
