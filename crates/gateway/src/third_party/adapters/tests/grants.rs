//! The port of the token, revocation and introspection endpoints, and the account page's.

use std::sync::Arc;

use async_trait::async_trait;
use oauth_server::{CodeCheck, GrantPort, RefreshCheck, TokenGrant, TokenRefusal};
use oauth_types::{ClientId, TokenErrorCode};
use session_binding::GrantDirectory;
use token_manager::{EndCause, RevokeSelector};

use crate::third_party::{
    adapters::{ClientNames, Directory},
    testing::*,
};

fn stranger() -> ClientId {
    "client-b".parse().unwrap()
}

#[tokio::test]
async fn g33_revocation_ends_the_grant_of_an_own_token_and_of_no_other() {
    for by_access_token in [true, false] {
        let world = World::new().await;
        let (_, grant, tokens) = world.live("1").await;
        let token = if by_access_token { tokens.access_token.expose() } else { refresh_token(&tokens) };
        world.access.revoke(token, &stranger()).await.unwrap();
        for unknown in ["", "rt1.x", "a.b.c", &format!("{token}x"), &token[..token.len() - 1]] {
            world.access.revoke(unknown, &client()).await.unwrap();
        }
        assert!(world.is_live(grant), "nothing was theirs to end");
        world.store.set_down(true);
        world.access.revoke(token, &client()).await.unwrap_err();
        world.store.set_down(false);
        assert!(world.is_live(grant));
        world.access.revoke(token, &client()).await.unwrap();
        assert!(!world.is_live(grant));
        invalid_grant(world.refresh(&tokens).await);
        world.access.revoke(token, &client()).await.unwrap();
    }
}

#[tokio::test]
async fn g32_introspection_knows_good_tokens_only() {
    let world = World::new().await;
    let (_, grant, tokens) = world.live("1").await;
    let facts = async |token: &str| world.access.introspect(token).await.unwrap();
    let access = facts(tokens.access_token.expose()).await.unwrap();
    assert!(access.is_access_token);
    assert_eq!((access.subject.as_str(), access.resource.as_str()), ("third:1", RESOURCE));
    assert_eq!((access.client_id, access.scope.to_string()), (client(), "mcp".to_owned()));
    assert_eq!(access.expires_at.as_seconds() - access.issued_at.as_seconds(), 3600);
    let refresh = facts(refresh_token(&tokens)).await.unwrap();
    assert!(!refresh.is_access_token && refresh.subject == "third:1");
    assert_eq!(facts("a.b.c").await, None);
    world.store.set_down(true);
    world.access.introspect(tokens.access_token.expose()).await.unwrap_err();
    world.store.set_down(false);
    world.advance(3600);
    assert_eq!(facts(tokens.access_token.expose()).await, None, "expired");
    let tokens = world.refresh(&tokens).await.unwrap();
    assert!(facts(tokens.access_token.expose()).await.is_some());
    let end = RevokeSelector::Grant(grant);
    world.state.foundations.grants.revoke(&end, EndCause::OperatorRevoked).await.unwrap();
    assert_eq!(facts(tokens.access_token.expose()).await, None);
    assert_eq!(facts(refresh_token(&tokens)).await, None);
}

#[tokio::test]
async fn g22_g23_g24_checks_come_before_anything_is_consumed() {
    let world = World::new().await;
    let (_, grant, tokens) = world.live("1").await;
    let (own, other) = (client(), stranger());
    let elsewhere = ["https://mcp.example/other".parse().unwrap()];
    let unknown = "admin".parse().unwrap();
    let good = RefreshCheck { client_id: &own, scope: None, resources: &[], proof: None };
    let rows = [
        (RefreshCheck { client_id: &other, ..good }, TokenErrorCode::InvalidGrant),
        (RefreshCheck { resources: &elsewhere, ..good }, TokenErrorCode::InvalidTarget),
        (RefreshCheck { scope: Some(&unknown), ..good }, TokenErrorCode::InvalidScope),
    ];
    for (check, expected) in rows {
        let outcome = world.access.refresh(refresh_token(&tokens), check).await;
        assert_eq!(code_of(outcome), expected, "{check:?}");
        assert!(world.is_live(grant));
    }
    world.refresh(&tokens).await.unwrap();
}

#[tokio::test]
async fn g03_a_code_is_good_once_and_for_its_client() {
    let world = World::new().await;
    let session = world.sign_in("1").await;
    let (grant, code) = world.code(&session, "1").await;
    let other = stranger();
    let check = CodeCheck {
        client_id: &other,
        redirect_uri: None,
        code_verifier: None,
        resources: &[],
        proof: None,
        is_public: true,
    };
    assert_eq!(code_of(world.access.redeem(&code, check).await), TokenErrorCode::InvalidGrant);
    world.redeem(&code).await.unwrap();
    assert!(world.is_live(grant));
    invalid_grant(world.redeem(&code).await);
    assert!(!world.is_live(grant), "a second good use ends the grant");
}

#[tokio::test]
async fn g21_after_a_revocation_that_races_a_refresh_nothing_is_live() {
    for _ in 0..20 {
        let world = World::new().await;
        let (_, grant, tokens) = world.live("1").await;
        let (own, token) = (client(), refresh_token(&tokens));
        let (refreshed, revoked) = tokio::join!(world.refresh(&tokens), world.access.revoke(token, &own));
        revoked.unwrap();
        assert!(!world.is_live(grant));
        if let Ok(tokens) = refreshed {
            invalid_grant(world.refresh(&tokens).await);
            assert_eq!(world.access.introspect(tokens.access_token.expose()).await.unwrap(), None);
        }
    }
}

#[tokio::test]
async fn h26_a_client_that_is_deleted_loses_its_grants() {
    let world = World::new().await;
    let (_, grant, _) = world.live("1").await;
    assert!(world.access.has_grants(&client()).await.unwrap());
    assert!(!world.access.has_grants(&stranger()).await.unwrap());
    world.access.end_grants(&stranger()).await.unwrap();
    assert!(world.is_live(grant));
    world.access.end_grants(&client()).await.unwrap();
    assert!(!world.is_live(grant));
    assert!(!world.access.has_grants(&client()).await.unwrap());
}

#[derive(Debug)]
struct Names;

#[async_trait]
impl ClientNames for Names {
    async fn name(&self, client_id: &ClientId) -> Option<String> {
        (*client_id == client()).then(|| "An editor".to_owned())
    }
}

#[tokio::test]
async fn k12_a_person_sees_and_ends_what_is_theirs() {
    let world = World::new().await;
    let (_, mine, _) = world.live("1").await;
    let (_, other, _) = world.live("2").await;
    let on = &world.state.foundations;
    let directory = Directory::new(on.grants.clone(), on.sessions.clone(), Arc::new(Names));
    let listed = directory.list(&person("1")).await.unwrap();
    assert_eq!(listed.iter().map(|it| it.grant).collect::<Vec<_>>(), [mine]);
    assert_eq!(listed[0].client_name.as_deref(), Some("An editor"));
    let session = world.sign_in("1").await;
    on.sessions.bind_for(mine, &session, Some("What it said then")).await.unwrap();
    let again = directory.list(&person("1")).await.unwrap();
    assert_eq!(again[0].client_name.as_deref(), Some("What it said then"));
    assert_eq!((listed[0].created, listed[0].resource.as_str()), (NOW, RESOURCE));
    world.store.set_down(true);
    directory.end(&[mine]).await.unwrap_err();
    world.store.set_down(false);
    directory.end(&[mine]).await.unwrap();
    assert!(!world.is_live(mine) && world.is_live(other));
    assert!(directory.list(&person("1")).await.unwrap().is_empty());
    directory.end(&[mine]).await.unwrap();
}

#[tokio::test]
async fn k12_who_ends_all_of_theirs_ends_the_codes_that_are_out() {
    for ends in [true, false] {
        let world = World::new().await;
        let (session, mine, _) = world.live("1").await;
        let (other_session, other, _) = world.live("2").await;
        let (_, code) = world.code(&session, "1").await;
        let (_, other_code) = world.code(&other_session, "2").await;
        let on = &world.state.foundations;
        let directory = Directory::new(on.grants.clone(), on.sessions.clone(), Arc::new(Names));
        if ends {
            world.store.set_down(true);
            directory.end_all(&person("1")).await.unwrap_err();
            world.store.set_down(false);
            directory.end_all(&person("1")).await.unwrap();
            invalid_grant(world.redeem(&code).await);
        } else {
            world.redeem(&code).await.unwrap();
        }
        assert_eq!(world.is_live(mine), !ends);
        assert!(world.is_live(other));
        world.redeem(&other_code).await.unwrap();
    }
}

#[track_caller]
fn code_of(outcome: Result<TokenGrant, TokenRefusal>) -> TokenErrorCode {
    match outcome {
        Err(TokenRefusal::Refused { code, .. }) => code,
        other => panic!("{other:?}"),
    }
}
