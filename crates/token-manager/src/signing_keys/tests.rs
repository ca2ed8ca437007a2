use std::time::Duration;

use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header, jwk::JwkSet};
use oauth_types::{Clock, GrantId, ManualClock, SystemEntropy};
use serde_json::Value;
use storage::{MemoryStore, RecordStore};

use super::*;
use crate::testing::{NOW, body_of, master, put_body};

struct Scene {
    store: Arc<MemoryStore>,
    clock: Arc<ManualClock>,
    signing: SigningKeys,
}

const DAY: u64 = 24 * 3600;

async fn scene() -> Scene {
    let (store, clock) = (Arc::new(MemoryStore::new()), Arc::new(ManualClock::new(NOW)));
    let signing = open(&store, &clock, 1, None).await.unwrap();
    Scene { store, clock, signing }
}

async fn open(
    store: &Arc<MemoryStore>,
    clock: &Arc<ManualClock>,
    current: u8,
    older: Option<u8>,
) -> Result<SigningKeys, SigningError> {
    let ring = Arc::new(KeyRing::new(&master(current), older.map(master)).unwrap());
    let settings = SigningKeySettings::default();
    SigningKeys::open(store.clone(), ring, clock.clone(), Arc::new(SystemEntropy), settings).await
}

fn claims(now: UnixTime) -> AccessTokenClaims {
    AccessTokenClaims {
        issuer: "https://mcp.example".parse().unwrap(),
        audience: "https://mcp.example/mcp".parse().unwrap(),
        subject: "github:1".parse().unwrap(),
        client_id: "client-a".parse().unwrap(),
        issued_at: now,
        expires_at: now + Duration::from_secs(3600),
        token_id: "jti".to_owned(),
        scope: "b a".parse().unwrap(),
        grant: GrantId::from_bytes([1; 16]),
        actor: None,
        memberships: Memberships::default(),
        confirmation: None,
    }
}

/// Verifies with another implementation, and by the published keys only.
fn verify(token: &AccessToken, jwks: &Jwks) -> Option<Value> {
    let set: JwkSet = serde_json::from_str(jwks.as_json()).unwrap();
    let header = decode_header(token.expose()).unwrap();
    let key = DecodingKey::from_jwk(set.find(&header.kid?)?).unwrap();
    let mut rules = Validation::new(Algorithm::ES256);
    rules.set_audience(&["https://mcp.example/mcp"]);
    rules.set_issuer(&["https://mcp.example"]);
    rules.validate_exp = false;
    Some(decode::<Value>(token.expose(), &key, &rules).unwrap().claims)
}

fn kids(jwks: &Jwks) -> Vec<String> {
    let document: Value = serde_json::from_str(jwks.as_json()).unwrap();
    document["keys"].as_array().unwrap().iter().map(|it| it["kid"].as_str().unwrap().to_owned()).collect()
}

fn signer(keys: &SigningKeys) -> String {
    let token = keys.sign(&claims(NOW)).unwrap();
    decode_header(token.expose()).unwrap().kid.unwrap()
}

#[tokio::test]
async fn a_token_is_what_rfc_9068_says() {
    let Scene { signing: keys, .. } = scene().await;
    let token = keys.sign(&claims(NOW)).unwrap();
    let header = decode_header(token.expose()).unwrap();
    assert_eq!((header.typ.as_deref(), header.alg), (Some("at+jwt"), Algorithm::ES256));
    let now = NOW.as_seconds();
    let expected = serde_json::json!({
        "iss": "https://mcp.example", "aud": "https://mcp.example/mcp", "sub": "github:1", "client_id": "client-a",
        "iat": now, "exp": now + 3600, "jti": "jti", "scope": "a b", "grant": "AQEBAQEBAQEBAQEBAQEBAQ",
    });
    assert_eq!(verify(&token, &keys.jwks()), Some(expected));
    let bound =
        AccessTokenClaims { confirmation: Some(Confirmation { jkt: "abc".to_owned() }), ..claims(NOW) };
    let bound = verify(&keys.sign(&bound).unwrap(), &keys.jwks()).unwrap();
    assert_eq!(bound["cnf"], serde_json::json!({ "jkt": "abc" }));
}

#[tokio::test]
async fn published_keys_are_public_and_complete() {
    let Scene { signing: keys, .. } = scene().await;
    let document: Value = serde_json::from_str(keys.jwks().as_json()).unwrap();
    for key in document["keys"].as_array().unwrap() {
        let members: Vec<_> = key.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(members, ["alg", "crv", "kid", "kty", "use", "x", "y"]);
    }
    assert_eq!(kids(&keys.jwks()).len(), 2, "the one in force and the next");
}

#[tokio::test]
async fn fi12_a_rotation_overlaps_on_both_sides() {
    let Scene { clock, signing: keys, .. } = scene().await;
    let old = keys.sign(&claims(NOW)).unwrap();
    let first = kids(&keys.jwks());
    let mut changes = keys.subscribe();
    clock.advance(Duration::from_secs(30 * DAY - 1));
    keys.shared.keep_up().await.unwrap();
    assert_eq!(kids(&keys.jwks()), first, "not yet due");
    assert!(!changes.has_changed().unwrap());

    clock.advance(Duration::from_secs(1));
    keys.shared.keep_up().await.unwrap();
    assert!(changes.has_changed().unwrap());
    assert_eq!(*changes.borrow_and_update(), keys.jwks());
    let second = kids(&keys.jwks());
    assert_eq!(signer(&keys), first[1], "the key that was published ahead");
    assert_eq!((&second[0], &second[2]), (&first[1], &first[0]));
    assert!(verify(&old, &keys.jwks()).is_some(), "tokens of the old key still hold");

    clock.advance(Duration::from_secs(DAY + 600));
    keys.shared.keep_up().await.unwrap();
    assert_eq!(kids(&keys.jwks()), second[..2], "and end when none of them can hold any more");
    assert!(verify(&old, &keys.jwks()).is_none());
}

#[tokio::test]
async fn a_rotation_by_hand_waits_until_verifiers_know_the_key() {
    let Scene { clock, signing: keys, .. } = scene().await;
    let first = kids(&keys.jwks());
    clock.advance(Duration::from_secs(DAY - 1));
    assert_eq!(keys.rotate().await, Err(SigningError::TooSoon(NOW + Duration::from_secs(DAY))));
    assert_eq!(signer(&keys), first[0]);
    clock.advance(Duration::from_secs(1));
    keys.rotate().await.unwrap();
    assert_eq!(signer(&keys), first[1]);
}

#[tokio::test]
async fn a_rotation_at_once_waits_for_nobody_and_keeps_the_old_key_published() {
    let Scene { clock, signing: keys, .. } = scene().await;
    let first = kids(&keys.jwks());
    let old = keys.sign(&claims(NOW)).unwrap();
    keys.rotate_at_once().await.unwrap();
    assert_eq!(signer(&keys), first[1]);
    assert!(verify(&old, &keys.jwks()).is_some(), "its tokens are good until they end");
    clock.advance(Duration::from_secs(DAY + 600));
    keys.shared.keep_up().await.unwrap();
    assert!(verify(&old, &keys.jwks()).is_none());
}

#[tokio::test]
async fn l05_keys_survive_a_restart_and_not_the_loss_of_the_master_key() {
    let Scene { store, clock, signing: keys } = scene().await;
    let again = open(&store, &clock, 1, None).await.unwrap();
    assert_eq!(again.jwks(), keys.jwks());
    assert_eq!(signer(&again), signer(&keys));
    let before = store.get(rotator::TABLE, &record_key()).await.unwrap();
    let lost = open(&store, &clock, 2, None).await.err();
    assert_eq!(lost, Some(SigningError::Sealed(OpenError::MissingKey(master(1).id()))));
    assert_eq!(store.get(rotator::TABLE, &record_key()).await.unwrap(), before);
}

#[tokio::test]
async fn l10_an_older_master_key_is_needed_once() {
    let Scene { store, clock, signing: keys } = scene().await;
    let again = open(&store, &clock, 2, Some(1)).await.unwrap();
    assert_eq!(again.jwks(), keys.jwks());
    let alone = open(&store, &clock, 2, None).await.unwrap();
    assert_eq!(alone.jwks(), keys.jwks());
}

#[tokio::test]
async fn two_processes_agree_on_the_keys() {
    let Scene { store, clock, signing: keys } = scene().await;
    let other = open(&store, &clock, 1, None).await.unwrap();
    clock.advance(Duration::from_secs(31 * DAY));
    keys.shared.keep_up().await.unwrap();
    other.shared.keep_up().await.unwrap();
    assert_eq!(other.jwks(), keys.jwks());
    assert_eq!(signer(&other), signer(&keys));
}

#[tokio::test]
async fn l12_m02_no_private_key_is_stored_or_printed() {
    let Scene { store, signing: keys, clock } = scene().await;
    let body = store.get(rotator::TABLE, &record_key()).await.unwrap().unwrap().record.body;
    let chain = keys.shared.chain.borrow().clone();
    for key in chain.published() {
        assert!(!body.windows(32).any(|it| key.private.windows(32).any(|secret| it == secret)));
    }
    let printed = format!("{keys:?} {:?} {:?} {:?}", chain, keys.rotator(), clock.now());
    assert!(!printed.contains("private"), "{printed}");
}

/// Else a signing key that was replaced, perhaps because it was stolen, could be made to sign again.
#[tokio::test]
async fn l08_earlier_signing_keys_do_not_open_again() {
    let Scene { store, clock, signing } = scene().await;
    let key = record_key();
    let earlier = body_of(store.as_ref(), rotator::TABLE, &key).await;
    signing.rotate_at_once().await.unwrap();
    let present = body_of(store.as_ref(), rotator::TABLE, &key).await;

    put_body(store.as_ref(), rotator::TABLE, &key, earlier).await;
    let refused = open(&store, &clock, 1, None).await.unwrap_err();
    assert_eq!(refused, SigningError::Sealed(OpenError::Forged));
    put_body(store.as_ref(), rotator::TABLE, &key, present).await;
    let again = open(&store, &clock, 1, None).await.unwrap();
    assert_eq!(again.jwks().as_json(), signing.jwks().as_json());
}
