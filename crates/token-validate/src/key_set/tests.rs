use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::json;
use test_support::issuer::{TestKey, pem};

use super::*;

fn key(algorithm: &'static str) -> TestKey {
    TestKey::generate(algorithm, "k")
}

/// The key with members replaced, or removed by null.
fn jwk(algorithm: &'static str, changes: Value) -> Value {
    let mut jwk = key(algorithm).jwk();
    for (name, value) in changes.as_object().unwrap() {
        let members = jwk.as_object_mut().unwrap();
        if value.is_null() {
            members.remove(name);
        } else {
            members.insert(name.clone(), value.clone());
        }
    }
    jwk
}

fn read(keys: Vec<Value>) -> Result<(KeySet, Vec<KeyWarning>), InvalidKeySet> {
    KeySet::from_jwks_json(json!({ "keys": keys }).to_string().as_bytes())
}

/// What becomes of one key beside a good one.
#[track_caller]
fn check(jwk: Value, expected: Option<KeyWarningKind>) {
    let (set, warnings) = read(vec![key("ES256").jwk(), jwk.clone()]).unwrap();
    let kinds: Vec<_> = warnings.iter().map(|it| it.kind).collect();
    assert_eq!(kinds, expected.into_iter().collect::<Vec<_>>(), "{jwk}");
    assert_eq!(set.len(), if expected.is_none() { 2 } else { 1 }, "{jwk}");
}

#[test]
fn c11_good_keys_are_used_whatever_is_beside_them() {
    for algorithm in ["RS256", "PS512", "ES256", "ES384", "EdDSA"] {
        check(key(algorithm).jwk(), None);
    }
    check(json!("text"), Some(KeyWarningKind::Malformed));
    check(json!({}), Some(KeyWarningKind::Malformed));
    check(jwk("ES256", json!({ "kid": 5 })), Some(KeyWarningKind::Malformed));
    check(jwk("ES256", json!({ "x": "!!" })), Some(KeyWarningKind::Malformed));
    check(jwk("ES256", json!({ "y": null })), Some(KeyWarningKind::Malformed));
    check(json!({ "kty": "lattice" }), Some(KeyWarningKind::Unsupported));
    check(jwk("ES256", json!({ "crv": "secp256k1" })), Some(KeyWarningKind::Unsupported));
    check(jwk("RS256", json!({ "alg": "RSA-OAEP" })), Some(KeyWarningKind::Unsupported));
}

#[test]
fn c11_b02_secret_and_private_keys_are_alarms() {
    check(json!({ "kty": "oct", "k": "c2VjcmV0", "alg": "HS256" }), Some(KeyWarningKind::Symmetric));
    check(jwk("RS256", json!({ "d": "c2VjcmV0" })), Some(KeyWarningKind::Private));
    check(jwk("ES256", json!({ "d": "c2VjcmV0" })), Some(KeyWarningKind::Private));
    assert!(KeyWarningKind::Private.is_alarm() && KeyWarningKind::Symmetric.is_alarm());
}

#[test]
fn b05_a_key_for_another_use_is_left_out() {
    check(jwk("RS256", json!({ "use": "enc" })), Some(KeyWarningKind::OtherUse));
    check(jwk("RS256", json!({ "use": null, "key_ops": ["sign"] })), Some(KeyWarningKind::OtherUse));
    check(jwk("RS256", json!({ "use": null, "key_ops": [] })), Some(KeyWarningKind::OtherUse));
    check(jwk("RS256", json!({ "use": null, "key_ops": ["verify"] })), None);
    check(jwk("RS256", json!({ "use": null })), None);
}

#[test]
fn b04_b17_a_key_keeps_to_its_algorithm_and_curve() {
    check(jwk("ES256", json!({ "alg": "RS256" })), Some(KeyWarningKind::Unsupported));
    check(jwk("ES256", json!({ "alg": "ES384" })), Some(KeyWarningKind::Unsupported));
    check(jwk("ES256", json!({ "alg": "HS256" })), Some(KeyWarningKind::Unsupported));
    check(jwk("ES256", json!({ "alg": null, "crv": "P-384" })), Some(KeyWarningKind::Malformed));
    check(jwk("EdDSA", json!({ "crv": "X25519" })), Some(KeyWarningKind::Unsupported));
    let elsewhere = URL_SAFE_NO_PAD.encode([7; 32]);
    check(jwk("ES256", json!({ "x": elsewhere })), Some(KeyWarningKind::Malformed));
    check(jwk("EdDSA", json!({ "alg": "Ed25519" })), None);
}

#[test]
fn b17_weak_rsa_keys_are_left_out() {
    let modulus = |bytes: usize| URL_SAFE_NO_PAD.encode([vec![0xC1], vec![0x5B; bytes - 1]].concat());
    check(jwk("RS256", json!({ "n": modulus(256) })), None);
    check(jwk("RS256", json!({ "n": modulus(255) })), Some(KeyWarningKind::Weak));
    check(jwk("RS256", json!({ "n": modulus(128) })), Some(KeyWarningKind::Weak));
    check(jwk("RS256", json!({ "n": modulus(2048) })), Some(KeyWarningKind::Malformed));
    check(jwk("RS256", json!({ "e": "AQ" })), Some(KeyWarningKind::Weak));
    check(jwk("RS256", json!({ "e": "AQAC" })), Some(KeyWarningKind::Weak));
    check(jwk("RS256", json!({ "e": "" })), Some(KeyWarningKind::Malformed));
    check(jwk("RS256", json!({ "e": "Aw" })), None);
}

#[test]
fn b17_ed25519_keys_of_small_order_are_left_out() {
    let mut order_8 = [0; 32];
    order_8.copy_from_slice(&[
        0xC7, 0x17, 0x6A, 0x70, 0x3D, 0x4D, 0xD8, 0x4F, 0xBA, 0x3C, 0x0B, 0x76, 0x0D, 0x10, 0x67, 0x0F, 0x2A,
        0x20, 0x53, 0xFA, 0x2C, 0x39, 0xCC, 0xC6, 0x4E, 0xC7, 0xFD, 0x77, 0x92, 0xAC, 0x03, 0x7A,
    ]);
    let mut order_8_negative = order_8;
    order_8_negative[31] |= 0x80;
    let mut identity = [0; 32];
    identity[0] = 1;
    for point in [[0; 32], identity, order_8, order_8_negative] {
        check(jwk("EdDSA", json!({ "x": URL_SAFE_NO_PAD.encode(point) })), Some(KeyWarningKind::Weak));
    }
}

#[test]
fn c10_what_is_no_key_set_is_refused() {
    let check = |json: &str, expected| {
        assert_eq!(KeySet::from_jwks_json(json.as_bytes()).map(drop), Err(expected), "{json}");
    };
    check("", InvalidKeySet::NotAKeySet);
    check("<html></html>", InvalidKeySet::NotAKeySet);
    check("{}", InvalidKeySet::NotAKeySet);
    check("[]", InvalidKeySet::NotAKeySet);
    check(r#"{"keys":{}}"#, InvalidKeySet::NotAKeySet);
    check(r#"{"keys":[]}"#, InvalidKeySet::NoUsableKey);
    check(r#"{"keys":[{"kty":"oct","k":"AA"}]}"#, InvalidKeySet::NoUsableKey);
}

#[test]
fn c12_only_the_first_100_keys_count() {
    let one = key("EdDSA");
    let many = |count: usize| (0..count).map(|it| one.named(&it.to_string()).jwk()).collect::<Vec<_>>();
    let (set, warnings) = read(many(100)).unwrap();
    assert_eq!((set.len(), warnings.len()), (100, 0));
    let (set, warnings) = read(many(10_000)).unwrap();
    assert_eq!(set.len(), 100);
    assert_eq!(warnings, [KeyWarning { index: 100, kind: KeyWarningKind::BeyondLimit }]);
    assert!(set.select(Algorithm::EdDsa, Some("99")).is_ok());
    assert_eq!(set.select(Algorithm::EdDsa, Some("100")), Err(Reason::KeyUnknown));
}

#[test]
fn b09_a_key_is_chosen_only_when_one_fits() {
    let named = |algorithm, kid| TestKey::generate(algorithm, kid).jwk();
    let (set, _) =
        read(vec![named("ES256", "a"), named("ES384", "b"), named("RS256", "c"), named("ES384", "c")])
            .unwrap();
    let select = |algorithm, kid| set.select(algorithm, kid).map(|it| it.id.clone().unwrap());
    assert_eq!(select(Algorithm::Es256, None), Ok("a".to_owned()));
    assert_eq!(select(Algorithm::Es384, None), Err(Reason::KeyAmbiguous));
    assert_eq!(select(Algorithm::Es384, Some("c")), Ok("c".to_owned()));
    assert_eq!(select(Algorithm::Es256, Some("b")), Err(Reason::KeyUnknown));
    assert_eq!(select(Algorithm::Es256, Some("z")), Err(Reason::KeyUnknown));

    let (set, _) = read(vec![named("ES256", "a"), named("ES256", "a")]).unwrap();
    assert_eq!(set.select(Algorithm::Es256, Some("a")), Err(Reason::KeyAmbiguous));

    let (set, _) = read(vec![named("ES256", "a"), jwk("ES256", json!({ "kid": null }))]).unwrap();
    assert_eq!(set.select(Algorithm::Es256, Some("z")).map(|it| it.id.clone()), Ok(None));
}

#[test]
fn b03_b04_a_key_with_alg_fits_that_one_only() {
    let (bound, _) = read(vec![jwk("RS256", json!({}))]).unwrap();
    assert!(bound.select(Algorithm::Rs256, None).is_ok());
    assert_eq!(bound.select(Algorithm::Ps256, None), Err(Reason::KeyUnknown));
    let (free, _) = read(vec![jwk("RS256", json!({ "alg": null }))]).unwrap();
    assert!(free.select(Algorithm::Ps256, None).is_ok());
    assert_eq!(free.select(Algorithm::Es256, None), Err(Reason::KeyUnknown));
}

#[test]
fn pem_files_hold_public_keys_or_certificates() {
    for (algorithm, parsed) in [
        ("RS256", Algorithm::Rs256),
        ("ES256", Algorithm::Es256),
        ("ES384", Algorithm::Es384),
        ("EdDSA", Algorithm::EdDsa),
    ] {
        let key = key(algorithm);
        let set = KeySet::from_pem(key.public_pem().as_bytes()).unwrap();
        let (same, _) = read(vec![jwk_without_names(&key)]).unwrap();
        assert_eq!(set, same, "{algorithm}");
        assert!(set.select(parsed, Some("any")).is_ok());
    }
    let two = format!("{}{}", key("ES256").public_pem(), key("EdDSA").public_pem());
    assert_eq!(KeySet::from_pem(two.as_bytes()).unwrap().len(), 2);
}

#[test]
fn pem_certificates_give_their_public_key() {
    let certified = rcgen::generate_simple_self_signed(["as.example".to_owned()]).unwrap();
    let from_certificate = KeySet::from_pem(certified.cert.pem().as_bytes()).unwrap();
    let from_key = KeySet::from_pem(certified.signing_key.public_key_pem().as_bytes()).unwrap();
    assert_eq!(from_certificate, from_key);
    let private = certified.signing_key.serialize_pem();
    assert_eq!(KeySet::from_pem(private.as_bytes()), Err(InvalidKeySet::PrivateKey));
}

#[test]
fn o06_pem_files_without_a_usable_key_are_refused() {
    assert_eq!(KeySet::from_pem(b""), Err(InvalidKeySet::NotPem));
    assert_eq!(KeySet::from_pem(b"-----BEGIN PUBLIC KEY-----\nAAAA"), Err(InvalidKeySet::NotPem));
    let junk = pem("PUBLIC KEY", b"junk");
    let unsupported = InvalidKeySet::Unusable { index: 0, kind: KeyWarningKind::Unsupported };
    assert_eq!(KeySet::from_pem(junk.as_bytes()), Err(unsupported));
    let mut off_curve = key("ES256").public_der();
    off_curve[40] ^= 1;
    let off_curve = pem("PUBLIC KEY", &off_curve);
    let malformed = InvalidKeySet::Unusable { index: 0, kind: KeyWarningKind::Malformed };
    assert_eq!(KeySet::from_pem(off_curve.as_bytes()), Err(malformed));
}

fn jwk_without_names(key: &TestKey) -> Value {
    let mut jwk = key.jwk();
    jwk.as_object_mut().unwrap().retain(|name, _| !matches!(name.as_str(), "kid" | "alg"));
    jwk
}
