//! Tokens without a browser: for clients themselves, and for the next hop.

use oauth_server::{DirectGrant, DirectGrants, Exchange, GrantPort, SubjectToken, TokenRefusal};
use oauth_types::{Actor, ClientId, Clock, JwkThumbprint, Principal, TokenErrorCode};
use token_manager::{AccessTokenClaims, Confirmation, EndCause, Memberships, RevokeSelector};

use crate::third_party::testing::*;

fn upstream() -> ClientId {
    "files".parse().unwrap()
}

/// The token of `upstream` for the next hop.
async fn exchanged(world: &World, subject_token: &SubjectToken) -> Result<String, TokenRefusal> {
    let exchange = Exchange {
        subject_token,
        client_id: &upstream(),
        actor: Actor { sub: "files".parse().unwrap(), act: None },
        scope: &"mcp".parse().unwrap(),
        resource: &"https://mcp.example/search".parse().unwrap(),
        key: None,
    };
    Ok(world.access.exchange(exchange).await?.access_token.expose().to_owned())
}

#[tokio::test]
async fn a_token_for_the_next_hop_is_told_of_and_dies_with_the_grant() {
    let world = World::new().await;
    let (_, grant, tokens) = world.live("1").await;
    let subject_token = world.access.subject_token(tokens.access_token.expose()).await.unwrap().unwrap();
    assert_eq!((subject_token.grant, &subject_token.actor), (grant, &None));
    let token = exchanged(&world, &subject_token).await.unwrap();
    let facts = world.access.introspect(&token).await.unwrap().unwrap();
    assert_eq!((facts.subject.as_str(), facts.client_id), ("third:1", upstream()));
    assert_eq!(facts.actor.unwrap().sub.as_str(), "files");
    let second = world.access.subject_token(&token).await.unwrap().unwrap();
    assert_eq!(second.actor.unwrap().depth(), 1, "the next hop knows who came before");
    world
        .state
        .foundations
        .grants
        .revoke(&RevokeSelector::Grant(grant), EndCause::PersonRevoked)
        .await
        .unwrap();
    assert_eq!(world.access.introspect(&token).await.unwrap(), None);
    assert_eq!(world.access.subject_token(&token).await.unwrap(), None);
    invalid_grant(world.refresh(&tokens).await);
    assert!(exchanged(&world, &subject_token).await.is_err());
}

#[tokio::test]
async fn rfc9449_5_tokens_without_a_browser_are_bound_to_the_key_that_was_proven() {
    let world = World::new().await;
    let (_, _, tokens) = world.live("1").await;
    let subject_token = world.access.subject_token(tokens.access_token.expose()).await.unwrap().unwrap();
    for key in [Some(JwkThumbprint::from_bytes([7; 32])), None] {
        let grant = DirectGrant {
            client_id: &upstream(),
            principal: &Principal::of_client(&upstream()).unwrap(),
            scope: &"mcp".parse().unwrap(),
            resource: &"https://mcp.example/search".parse().unwrap(),
            key,
            vouched_by: None,
        };
        let exchange = Exchange {
            subject_token: &subject_token,
            client_id: &upstream(),
            actor: Actor { sub: "files".parse().unwrap(), act: None },
            scope: &"mcp".parse().unwrap(),
            resource: &"https://mcp.example/search".parse().unwrap(),
            key,
        };
        for tokens in
            [world.access.issue(grant).await.unwrap(), world.access.exchange(exchange).await.unwrap()]
        {
            let facts = world.access.introspect(tokens.access_token.expose()).await.unwrap().unwrap();
            assert_eq!(facts.key, key);
        }
    }
}

#[tokio::test]
async fn g33_an_exchanged_token_cannot_be_given_back_alone() {
    let world = World::new().await;
    let (_, grant, tokens) = world.live("1").await;
    let subject_token = world.access.subject_token(tokens.access_token.expose()).await.unwrap().unwrap();
    let token = exchanged(&world, &subject_token).await.unwrap();
    match world.access.revoke(&token, &upstream()).await {
        Err(TokenRefusal::Refused { code, .. }) => assert_eq!(code, TokenErrorCode::UnsupportedTokenType),
        other => panic!("{other:?}"),
    }
    assert!(world.is_live(grant));
    world.access.revoke(&token, &client()).await.unwrap();
    assert!(!world.is_live(grant), "whoever holds the grant may end it by any token of it");
}

#[tokio::test]
async fn only_a_live_unbound_access_token_of_ours_is_exchanged() {
    let world = World::new().await;
    let (_, grant, tokens) = world.live("1").await;
    let is_subject = async |token: &str| world.access.subject_token(token).await.unwrap().is_some();
    let sign_as = |issuer: &str, confirmation| {
        let now = world.clock.now();
        let claims = AccessTokenClaims {
            issuer: issuer.parse().unwrap(),
            audience: RESOURCE.parse().unwrap(),
            subject: "third:1".parse().unwrap(),
            client_id: client(),
            issued_at: now,
            expires_at: now + std::time::Duration::from_secs(60),
            token_id: "1".to_owned(),
            scope: "mcp".parse().unwrap(),
            grant,
            actor: None,
            memberships: Memberships::default(),
            confirmation,
        };
        world.state.signing_keys.sign(&claims).unwrap().expose().to_owned()
    };
    let sign = |confirmation| sign_as(ISSUER, confirmation);
    assert!(is_subject(&sign(None)).await);
    assert!(!is_subject(&sign_as("https://other.example", None)).await);
    let bound = Confirmation { jkt: "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I".to_owned() };
    assert!(!is_subject(&sign(Some(bound))).await, "its key would be lost on the way");
    assert!(!is_subject(refresh_token(&tokens)).await);
    assert!(!is_subject("a.b.c").await);
    let token = tokens.access_token.expose();
    assert!(is_subject(token).await);
    world.store.set_down(true);
    world.access.subject_token(token).await.unwrap_err();
    world.store.set_down(false);
    world.advance(3600);
    assert!(!is_subject(token).await, "expired");
}
