use serde_json::Value;
use test_support::issuer::TestKey;

use super::*;
use crate::{AudiencePolicy, DirectUse, Preset};

const GUID: &str = "6e74172b-be56-4843-9ff4-e66a39bb12e3";

/// The word of a preset's policy on a token with these header and claim changes; null removes.
fn outcome(
    preset: Preset,
    change: impl FnOnce(&mut IssuerPolicy),
    header: Value,
    claims: Value,
) -> Result<ValidatedToken, Reason> {
    outcome_at(|_| (), preset, change, header, claims)
}

/// The same at a resource that differs from the usual one.
fn outcome_at(
    resource: impl FnOnce(&mut ResourcePolicy),
    preset: Preset,
    change: impl FnOnce(&mut IssuerPolicy),
    header: Value,
    claims: Value,
) -> Result<ValidatedToken, Reason> {
    let mut world = World::new();
    resource(&mut world.resource);
    world.issuer = world.issuer.with_keys([TestKey::generate("RS256", "k")]);
    world.policy = IssuerPolicy::with_preset(preset, ISSUER.parse().unwrap());
    world.policy.keys = KeySource::Static(key_set(&world.issuer));
    change(&mut world.policy);
    let mut token = world.token().without("scope").without("client_id").without("jti");
    for (name, value) in header.as_object().unwrap() {
        token = if value.is_null() { token.without_header(name) } else { token.header(name, value.clone()) };
    }
    for (name, value) in claims.as_object().unwrap() {
        token = if value.is_null() { token.without(name) } else { token.claim(name, value.clone()) };
    }
    world.validate(token.sign()).map_err(|it| it.reason)
}

/// Passes with this scope and client, or is refused for this reason.
#[track_caller]
fn check(preset: Preset, header: Value, claims: Value, expected: Result<(&str, &str), Reason>) {
    let outcome = outcome(preset, |_| (), header, claims.clone());
    let outcome = outcome.map(|it| (it.scope().to_string(), it.client_id().unwrap().to_string()));
    let expected = expected.map(|(scope, client)| (scope.to_owned(), client.to_owned()));
    assert_eq!(outcome, expected, "{preset} {claims}");
}

#[test]
fn auth0() {
    let jwt = || json!({ "typ": "JWT" });
    let claims = json!({ "aud": [RESOURCE, "https://t.eu.auth0.com/userinfo"], "azp": "c", "gty": "x", "scope": "openid mcp", "permissions": ["read"] });
    check(Preset::Auth0, jwt(), claims, Ok(("mcp openid read", "c")));
    let id_token = json!({ "nonce": "n", "azp": "c" });
    check(Preset::Auth0, jwt(), id_token, Err(Reason::NotAnAccessToken));
}

#[test]
fn keycloak() {
    let jwt = || json!({ "typ": "JWT" });
    let claims =
        |typ: &str| json!({ "typ": typ, "azp": "c", "scope": "mcp", "realm_access": { "roles": ["x"] } });
    check(Preset::Keycloak, jwt(), claims("Bearer"), Ok(("mcp", "c")));
    check(Preset::Keycloak, jwt(), claims("ID"), Err(Reason::NotAnAccessToken));
    check(Preset::Keycloak, jwt(), claims("Refresh"), Err(Reason::NotAnAccessToken));
}

#[test]
fn okta() {
    check(
        Preset::Okta,
        json!({ "typ": null }),
        json!({ "cid": "c", "uid": "u", "scp": ["mcp", "openid"] }),
        Ok(("mcp openid", "c")),
    );
    let of_the_org = json!({ "typ": "application/okta-internal-at+jwt" });
    check(Preset::Okta, of_the_org, json!({ "cid": "c" }), Err(Reason::TypeNotAccepted));
}

#[test]
fn entra() {
    let jwt = || json!({ "typ": "JWT", "x5t": "AAAA" });
    let v1 = || json!({ "ver": "1.0", "appid": "c", "scp": "mcp read" });
    let v2 = || json!({ "ver": "2.0", "azp": "c", "roles": ["Tasks.Run", "Display name"] });
    check(Preset::EntraV1, jwt(), v1(), Ok(("mcp read", "c")));
    check(Preset::EntraV2, jwt(), v2(), Ok(("Tasks.Run", "c")));
    check(Preset::EntraV1, jwt(), v2(), Err(Reason::RequiredClaim));
    check(Preset::EntraV2, jwt(), v1(), Err(Reason::RequiredClaim));
}

/// Entra's ID tokens need no `nonce`, and their `aud` is the GUID that version 2.0 access tokens carry too.
#[test]
fn b23_an_entra_id_token_is_no_access_token() {
    let check = |preset, claims: Value, expected: Result<(), Reason>| {
        let audience = |it: &mut ResourcePolicy| *it = ResourcePolicy::new([GUID]).unwrap();
        let outcome = outcome_at(audience, preset, |_| (), json!({ "typ": "JWT" }), claims.clone());
        assert_eq!(outcome.map(drop), expected, "{preset} {claims}");
    };
    let v2 = |client: Value| {
        json!({
            "aud": GUID, "ver": "2.0", "name": "A Person", "preferred_username": "a@example.com",
            "roles": ["mcp"], "azp": client,
        })
    };
    check(Preset::EntraV2, v2(json!(GUID)), Ok(()));
    check(Preset::EntraV2, v2(Value::Null), Err(Reason::NotAnAccessToken));
    check(Preset::EntraV2, v2(json!([GUID])), Err(Reason::ClaimMalformed));
    let v1 = |client: Value| json!({ "aud": GUID, "ver": "1.0", "unique_name": "a@example.com", "roles": ["mcp"], "appid": client });
    check(Preset::EntraV1, v1(json!(GUID)), Ok(()));
    check(Preset::EntraV1, v1(Value::Null), Err(Reason::NotAnAccessToken));
    // What another version writes is no mark of this one.
    let swapped = |mut claims: Value, name: &str| {
        claims[name] = json!(GUID);
        claims
    };
    check(Preset::EntraV2, swapped(v2(Value::Null), "appid"), Err(Reason::NotAnAccessToken));
    check(Preset::EntraV1, swapped(v1(Value::Null), "azp"), Err(Reason::NotAnAccessToken));
}

#[test]
fn cognito() {
    let allow = |clients: &[&str]| {
        let allowed = clients.iter().map(|it| it.parse().unwrap()).collect();
        move |it: &mut IssuerPolicy| it.audience = AudiencePolicy::ClientId { allowed }
    };
    let check = |clients: &[&str], claims: Value, expected: Result<(), Reason>| {
        let outcome = outcome(Preset::Cognito, allow(clients), json!({ "typ": null }), claims.clone());
        assert_eq!(outcome.map(drop), expected, "{clients:?} {claims}");
    };
    let access =
        |aud: Value| json!({ "aud": aud, "client_id": "c", "token_use": "access", "scope": "rs/mcp" });
    check(&["c"], access(Value::Null), Ok(()));
    check(&["d"], access(Value::Null), Err(Reason::AudienceMismatch));
    check(&[], access(Value::Null), Err(Reason::AudienceMismatch));
    check(&[], access(json!(RESOURCE)), Ok(()));
    check(&["c"], access(json!("https://other.example")), Err(Reason::AudienceMismatch));
    check(&["c"], json!({ "aud": null, "token_use": "access" }), Err(Reason::ClaimMissing));
    check(&["c"], json!({ "aud": null, "client_id": "c" }), Err(Reason::RequiredClaim));
    check(&["c"], json!({ "aud": "c", "token_use": "id", "client_id": "c" }), Err(Reason::AudienceMismatch));
    check(&["c"], json!({ "aud": null, "token_use": "id", "client_id": "c" }), Err(Reason::RequiredClaim));
}

#[test]
fn google_issues_nothing_that_passes() {
    check(Preset::Google, json!({ "typ": "JWT" }), json!({ "azp": "c" }), Err(Reason::TypeNotAccepted));
    assert!(matches!(Preset::Google.direct_use(), DirectUse::NeedsOptionB(_)));
}

#[test]
fn names_are_those_of_the_configuration() {
    for preset in Preset::ALL {
        assert_eq!(serde_json::from_value::<Preset>(preset.as_str().into()).unwrap(), *preset);
    }
    assert_eq!("entra".parse::<Preset>(), Err(crate::UnknownPreset));
    assert_eq!("entra-v2".parse::<Preset>(), Ok(Preset::EntraV2));
}

#[test]
fn algorithms_of_a_preset_are_few() {
    let world = World::new();
    let mut policy = IssuerPolicy::with_preset(Preset::EntraV2, ISSUER.parse().unwrap());
    policy.keys = world.policy.keys.clone();
    let world = World { policy, ..world };
    world.check(world.token(), Err(Reason::AlgorithmNotAllowed));
}
