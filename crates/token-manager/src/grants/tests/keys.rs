//! Codes and refresh tokens that are bound to a key of their client (RFC 9449 sections 5 and 10).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use oauth_types::{JwkThumbprint, TokenErrorCode};
use serde_json::Value;

use crate::{EndCause, IssuedTokens, Liveness, NewGrant, RedeemCheck, Refusal, RotateCheck, testing::*};

const OWN: JwkThumbprint = JwkThumbprint::from_bytes([1; 32]);
const OTHER: JwkThumbprint = JwkThumbprint::from_bytes([2; 32]);

/// The `cnf` of an access token.
fn confirmation(tokens: &IssuedTokens) -> Value {
    let payload = tokens.access_token.expose().split('.').nth(1).unwrap();
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap();
    claims["cnf"].clone()
}

fn bound_to(key: JwkThumbprint) -> Value {
    serde_json::json!({ "jkt": key.to_string() })
}

/// A grant whose code was redeemed with a proof by [`OWN`].
async fn redeemed(world: &World, is_public: bool) -> IssuedTokens {
    let (_, code) = world.grants.issue_code(new_grant()).await.unwrap();
    let client = client();
    let check = RedeemCheck { key: Some(OWN), is_public, ..redeem_check(&client) };
    world.grants.redeem(code.expose(), check).await.unwrap()
}

#[tokio::test]
async fn rfc9449_5_a_proof_binds_the_access_token_and_none_leaves_it_free() {
    let world = World::new().await;
    assert_eq!(confirmation(&world.live().await), Value::Null);
    assert_eq!(confirmation(&redeemed(&world, true).await), bound_to(OWN));
}

#[tokio::test]
async fn rfc9449_5_the_refresh_token_of_a_public_client_needs_its_key() {
    let world = World::new().await;
    let tokens = redeemed(&world, true).await;
    let client = client();
    for key in [None, Some(OTHER)] {
        let check = RotateCheck { key, ..rotate_check(&client) };
        assert_eq!(refused(world.grants.rotate(refresh_token(&tokens), check).await), Refusal::WrongKey);
    }
    assert_eq!(Refusal::WrongKey.error_code(), TokenErrorCode::InvalidGrant);
    let check = RotateCheck { key: Some(OWN), ..rotate_check(&client) };
    let next = world.grants.rotate(refresh_token(&tokens), check).await.unwrap();
    assert_eq!(confirmation(&next), bound_to(OWN));
    let again = world.grants.rotate(refresh_token(&tokens), check).await.unwrap();
    assert_eq!((refresh_token(&again), confirmation(&again)), (refresh_token(&next), bound_to(OWN)));
}

#[tokio::test]
async fn rfc9449_5_who_lacks_the_key_cannot_end_the_grant_with_an_old_token() {
    let world = World::new().await;
    let first = redeemed(&world, true).await;
    let client = client();
    let own = RotateCheck { key: Some(OWN), ..rotate_check(&client) };
    let second = world.grants.rotate(refresh_token(&first), own).await.unwrap();
    world.grants.rotate(refresh_token(&second), own).await.unwrap();
    let stolen = RotateCheck { key: Some(OTHER), ..rotate_check(&client) };
    assert_eq!(refused(world.grants.rotate(refresh_token(&first), stolen).await), Refusal::WrongKey);
    assert_eq!(world.grants.is_live(&first.grant), Liveness::Live);
    let reused = refused(world.grants.rotate(refresh_token(&first), own).await);
    assert_eq!(reused, Refusal::Ended(EndCause::RefreshReuse));
}

#[tokio::test]
async fn rfc9449_5_a_client_with_a_secret_may_change_its_key() {
    let world = World::new().await;
    let tokens = redeemed(&world, false).await;
    let client = client();
    let check = RotateCheck { key: Some(OTHER), ..rotate_check(&client) };
    let next = world.grants.rotate(refresh_token(&tokens), check).await.unwrap();
    assert_eq!(confirmation(&next), bound_to(OTHER));
    let free = world.grants.rotate(refresh_token(&next), rotate_check(&client)).await.unwrap();
    assert_eq!(confirmation(&free), Value::Null);
}

#[tokio::test]
async fn rfc9449_10_a_code_that_is_bound_to_a_key_needs_it() {
    for is_public in [true, false] {
        let world = World::new().await;
        let new = NewGrant { key: Some(OWN), ..new_grant() };
        let (grant, code) = world.grants.issue_code(new).await.unwrap();
        let client = client();
        for key in [None, Some(OTHER)] {
            let check = RedeemCheck { key, is_public, ..redeem_check(&client) };
            assert_eq!(refused(world.grants.redeem(code.expose(), check).await), Refusal::WrongKey);
        }
        let check = RedeemCheck { key: Some(OWN), is_public, ..redeem_check(&client) };
        let tokens = world.grants.redeem(code.expose(), check).await.unwrap();
        assert_eq!((tokens.grant, confirmation(&tokens)), (grant, bound_to(OWN)));
    }
}

#[tokio::test]
async fn rfc9449_10_a_used_code_without_its_key_ends_nothing() {
    let world = World::new().await;
    let (grant, code) = world.grants.issue_code(NewGrant { key: Some(OWN), ..new_grant() }).await.unwrap();
    let client = client();
    let own = RedeemCheck { key: Some(OWN), ..redeem_check(&client) };
    world.grants.redeem(code.expose(), own).await.unwrap();
    assert_eq!(refused(world.grants.redeem(code.expose(), redeem_check(&client)).await), Refusal::CodeUsed);
    assert_eq!(world.grants.is_live(&grant), Liveness::Live);
    let again = refused(world.grants.redeem(code.expose(), own).await);
    assert_eq!(again, Refusal::Ended(EndCause::CodeReuse));
}
