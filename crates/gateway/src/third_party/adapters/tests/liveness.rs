//! Our own access tokens at our own resources.

use std::sync::Arc;

use http::{HeaderMap, header::AUTHORIZATION};
use oauth_types::Clock;
use test_support::{fake_http::FakeHttp, issuer::TestIssuer};
use token_manager::{EndCause, RevokeSelector};
use token_validate::{
    IssuerPolicy, KeySet, KeySource, Reason, ResourcePolicy, ValidatedToken, Validator, ValidatorSettings,
    bearer_token,
};

use crate::{
    access::{GrantCheck, GrantStanding},
    third_party::testing::*,
};

/// Our own issuer, and another one.
fn validator(world: &World, other: &TestIssuer) -> Validator {
    let mut foreign = IssuerPolicy::new(other.issuer().parse().unwrap());
    foreign.keys = KeySource::Static(KeySet::from_jwks_json(other.jwks().to_string().as_bytes()).unwrap().0);
    let issuers = vec![world.state.issuer_policy(), foreign];
    let http = Arc::new(FakeHttp::new());
    Validator::new(issuers, ValidatorSettings::default(), http, world.clock.clone()).0
}

async fn validate(validator: &Validator, token: &str, resource: &str) -> Result<ValidatedToken, Reason> {
    let mut headers = HeaderMap::new();
    headers.insert(AUTHORIZATION, format!("Bearer {token}").parse().unwrap());
    let bearer = bearer_token(&headers, None).unwrap();
    let resource = ResourcePolicy::new([resource]).unwrap();
    validator.validate(&bearer, &resource).await.map_err(|it| it.reason)
}

#[tokio::test]
async fn b24_our_own_tokens_are_good_for_their_resource_and_purpose_only() {
    let world = World::new().await;
    let session = world.sign_in("1").await;
    let (_, code) = world.code(&session, "1").await;
    let validator = validator(&world, &TestIssuer::new("https://as.example"));
    let refused = validate(&validator, &code, RESOURCE).await.map(drop);
    assert_eq!(refused, Err(Reason::TokenNotJwt), "a code");
    let tokens = world.redeem(&code).await.unwrap();
    let refused = validate(&validator, refresh_token(&tokens), RESOURCE).await.map(drop);
    assert_eq!(refused, Err(Reason::TokenNotJwt), "a refresh token");
    let access = tokens.access_token.expose();
    validate(&validator, access, RESOURCE).await.unwrap();
    for other in ["https://mcp.example/other", "https://mcp.example/mc", "https://mcp.example/mcp/"] {
        let refused = validate(&validator, access, other).await.map(drop);
        assert_eq!(refused, Err(Reason::AudienceMismatch), "{other}");
    }
}

#[tokio::test]
async fn k08_a_token_is_dead_as_soon_as_its_grant_is() {
    let world = World::new().await;
    let other = TestIssuer::new("https://as.example");
    let validator = validator(&world, &other);
    let (_, grant, tokens) = world.live("1").await;
    let token = validate(&validator, tokens.access_token.expose(), RESOURCE).await.unwrap();
    let check = world.state.grant_check();
    let now = || world.clock.now();
    assert_eq!(check.standing(&token, now()), GrantStanding::Live);
    let end = RevokeSelector::Grant(grant);
    world.state.foundations.grants.revoke(&end, EndCause::PersonRevoked).await.unwrap();
    assert_eq!(check.standing(&token, now()), GrantStanding::Ended);
    // The signature is as good as before: it is the grant that makes the difference.
    validate(&validator, tokens.access_token.expose(), RESOURCE).await.unwrap();
}

#[tokio::test]
async fn e38_whoever_watches_a_grant_learns_of_its_end() {
    let world = World::new().await;
    let validator = validator(&world, &TestIssuer::new("https://as.example"));
    let (_, grant, tokens) = world.live("1").await;
    let token = validate(&validator, tokens.access_token.expose(), RESOURCE).await.unwrap();
    let check = world.state.grant_check();
    let end = check.watch(&token).unwrap();
    assert!(!end.token().is_cancelled());
    let all = RevokeSelector::Grant(grant);
    world.state.foundations.grants.revoke(&all, EndCause::PersonRevoked).await.unwrap();
    assert!(end.token().is_cancelled());
    assert!(check.watch(&token).is_none());
}

#[tokio::test]
async fn tokens_of_other_issuers_rest_on_no_grant_and_ours_without_one_are_dead() {
    let world = World::new().await;
    let check = world.state.grant_check();
    let now = world.clock.now();
    let other = TestIssuer::new("https://as.example");
    let validator = validator(&world, &other);
    let token = |issuer: &TestIssuer| issuer.token().claim("aud", RESOURCE).issued_at(now);
    let foreign = validate(&validator, &token(&other).sign(), RESOURCE).await.unwrap();
    assert_eq!(check.standing(&foreign, now), GrantStanding::Live);
    assert!(!check.watch(&foreign).unwrap().token().is_cancelled());
    // Somebody else's key under our name, as after a mistake in key handling: no grant, no access.
    let ours = TestIssuer::new(ISSUER);
    world.state.keys.replace(KeySet::from_jwks_json(ours.jwks().to_string().as_bytes()).unwrap().0);
    let rows = [
        token(&ours),
        token(&ours).claim("grant", "x"),
        token(&ours).claim("grant", 7),
        token(&ours).claim("grant", "AAAAAAAAAAAAAAAAAAAAAA"),
    ];
    for row in rows {
        let validated = validate(&validator, &row.sign(), RESOURCE).await.unwrap();
        assert_eq!(check.standing(&validated, now), GrantStanding::Ended, "{}", row.claims_text());
        assert!(check.watch(&validated).is_none());
    }
}
