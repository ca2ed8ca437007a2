use serde_json::Value;
use token_validate::{KeySet, KeyWarningKind};

/// A document of keys: each is used or reported, and secrets are never used.
#[must_use]
pub fn run(data: &[u8]) -> bool {
    // PEM has no other reader here to compare with; it must only not panic.
    KeySet::from_pem(data).ok();
    let Ok((keys, warnings)) = KeySet::from_jwks_json(data) else { return false };
    let document: Value = serde_json::from_slice(data).expect("what was read is JSON");
    let listed = document["keys"].as_array().expect("what was read is a list");
    let left_out = warnings.iter().filter(|it| it.kind != KeyWarningKind::BeyondLimit).count();
    assert_eq!(keys.len() + left_out, listed.len().min(KeySet::MAX_KEYS), "{warnings:?}");
    for (index, key) in listed.iter().take(KeySet::MAX_KEYS).enumerate() {
        let reported = warnings.iter().any(|it| it.index == index);
        assert!(reported || key["d"].is_null() && key["kty"] != "oct", "a secret is used: {key}");
        assert!(reported || key["use"].is_null() || key["use"] == "sig", "not for signatures: {key}");
    }
    let (again, _) = KeySet::from_jwks_json(document.to_string().as_bytes()).expect("the same document");
    assert!(again == keys, "not the same when read again");
    true
}

/// What key sets are made of.
pub const WORDS: &[&str] = &[
    "\"keys\"",
    "\"kty\"",
    "\"RSA\"",
    "\"EC\"",
    "\"OKP\"",
    "\"oct\"",
    "\"crv\"",
    "\"P-256\"",
    "\"P-384\"",
    "\"Ed25519\"",
    "\"d\"",
    "\"use\"",
    "\"sig\"",
    "\"enc\"",
    "\"alg\"",
    "\"ES256\"",
    "\"none\"",
    "\"kid\"",
    "\"key_ops\"",
    "[\"verify\"]",
    "null",
    "{}",
    "[]",
    "AQAB",
    "AAAA",
];
