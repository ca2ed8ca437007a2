use test_support::issuer::TestKey;

use super::*;

#[test]
fn what_follows_from_a_token_is_made_once() {
    let world = World::new();
    let validator = world.validator();
    let made = std::cell::Cell::new(0);
    let subject = |token: &str| {
        let token = validate(&validator, token, &world.resource).unwrap();
        let derived = token.derived(|it| {
            made.set(made.get() + 1);
            it.subject().as_str().to_owned()
        });
        assert_eq!(*token.derived(|_| 7_u8), 7, "another type is made anew");
        derived.as_str().to_owned()
    };
    let (alice, bob) = (world.token().sign(), world.token().claim("sub", "bob").sign());
    assert_eq!([subject(&alice), subject(&alice), subject(&bob)], ["alice", "alice", "bob"]);
    assert_eq!(made.get(), 2);
}

#[test]
fn b31_tokens_that_begin_alike_are_two() {
    let mut world = World::new();
    world.issuer = world.issuer.with_keys([TestKey::generate("EdDSA", "k")]);
    world.policy = static_policy(&world.issuer);
    let validator = world.validator();
    let names = ["alice", "bob", "carol"];
    let claims = |name: &str| format!("{{\"pad\":\"{}\",\"sub\":\"{name}\",", "x".repeat(100));
    let rest = world.token().without("sub").claims_text();
    let tokens =
        names.map(|name| world.token().raw_claims(claims(name) + rest.strip_prefix('{').unwrap()).sign());
    assert_eq!(tokens[0].get(..160), tokens[1].get(..160));
    for _ in 0..2 {
        for (token, name) in tokens.iter().zip(names) {
            let validated = validate(&validator, token.clone(), &world.resource).unwrap();
            assert_eq!(validated.subject().as_str(), name);
        }
    }
    // A remembered token with another signature is not remembered.
    let (message, _) = tokens[0].rsplit_once('.').unwrap();
    let (_, signature) = tokens[1].rsplit_once('.').unwrap();
    let mixed = validate(&validator, format!("{message}.{signature}"), &world.resource);
    assert_eq!(mixed.map(drop).map_err(|it| it.reason), Err(Reason::SignatureInvalid));
}

#[test]
fn b31_a_remembered_token_is_checked_like_a_new_one() {
    let world = World::new();
    let validator = world.validator();
    let token = world.token().sign();
    let check = |resource: &ResourcePolicy, expected| {
        let outcome = validate(&validator, token.clone(), resource).map(drop).map_err(|it| it.reason);
        assert_eq!(outcome, expected);
    };
    let other = ResourcePolicy::new(["https://mcp.example/other"]).unwrap();
    let nobodys = world.resource.clone().with_issuers(vec![]);
    check(&world.resource, Ok(()));
    check(&other, Err(Reason::AudienceMismatch));
    check(&nobodys, Err(Reason::IssuerUnknown));
    check(&world.resource, Ok(()));
    world.clock.set(UnixTime::from_seconds(NOW + 3659));
    check(&world.resource, Ok(()));
    world.clock.set(UnixTime::from_seconds(NOW + 3660));
    check(&world.resource, Err(Reason::TokenExpired));
    world.clock.set(UnixTime::from_seconds(NOW - 61));
    check(&world.resource, Err(Reason::TokenNotYetValid));
}

#[test]
fn b31_the_cache_is_used_and_bounded() {
    let mut world = World::new();
    world.settings.cache_entries = 8;
    let validator = world.validator();
    for name in 0..500 {
        let token = world.token().claim("sub", format!("s{name}")).sign();
        assert!(validate(&validator, token, &world.resource).is_ok());
    }
    assert!(validator.0.verified.len() <= 8);

    let token = world.token().sign();
    let digest = TokenDigest::of(&token);
    world.settings.cache_entries = 0;
    let (none, some) =
        (world.validator(), World { settings: ValidatorSettings::default(), ..world }.validator());
    let resource = ResourcePolicy::new([RESOURCE]).unwrap();
    assert!(validate(&none, token.clone(), &resource).is_ok() && validate(&some, token, &resource).is_ok());
    assert!(none.0.verified.get(&digest).is_none() && some.0.verified.get(&digest).is_some());
}

#[test]
fn b31_refusals_are_not_remembered() {
    let world = World::new();
    let validator = world.validator();
    let token = world.token().claim("nbf", NOW + 100).sign();
    assert!(validate(&validator, token.clone(), &world.resource).is_err());
    assert_eq!(validator.0.verified.len(), 0);
    world.clock.advance(Duration::from_secs(100));
    assert!(validate(&validator, token, &world.resource).is_ok());
}
