use test_support::issuer::TestKey;

use super::*;
use crate::SharedKeys;

#[test]
fn shared_keys_are_followed_at_once_and_without_a_request() {
    let mut world = World::new();
    let shared = SharedKeys::new(key_set(&world.issuer));
    world.policy.keys = KeySource::Shared(shared.clone());
    let validator = world.validator();
    let (old, next) = (world.issuer.key().clone(), TestKey::generate("ES256", "key-2"));
    let check = |key: &TestKey, expected| {
        let token = world.token().key(key).sign();
        let outcome = validate(&validator, token, &world.resource).map(drop).map_err(|it| it.reason);
        assert_eq!(outcome, expected);
    };
    check(&old, Ok(()));
    check(&next, Err(Reason::KeyUnknown));
    shared.replace(key_set(&world.issuer.with_keys([old.clone(), next.clone()])));
    check(&old, Ok(()));
    check(&next, Ok(()));
    // A remembered token does not outlive its key.
    shared.replace(key_set(&world.issuer.with_keys([next.clone()])));
    check(&old, Err(Reason::KeyUnknown));
    check(&next, Ok(()));
    assert!(world.http.requests().is_empty());
    assert!(validator.status()[0].ready);
}

#[test]
fn equal_shared_keys_replace_nothing() {
    let world = World::new();
    let shared = SharedKeys::new(key_set(&world.issuer));
    let number = || shared.generations().load().as_ref().unwrap().number;
    shared.replace(key_set(&world.issuer));
    assert_eq!(number(), 0);
    shared.replace(key_set(&TestIssuer::new(ISSUER)));
    assert_eq!(number(), 1);
    assert_eq!(shared, shared.clone());
    assert_ne!(shared, SharedKeys::new(key_set(&world.issuer)));
}
