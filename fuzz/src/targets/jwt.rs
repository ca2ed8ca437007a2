use std::sync::LazyLock;

use serde_json::{Map, Value};
use test_support::issuer::{TestIssuer, TestKey};
use token_validate::{Algorithm, JwsError, KeySet, VerifiedJws, verify_jws};

/// A token: one that only a stranger made is never good; signed, what is read is what was signed.
///
/// The input is a whole token; or, with a line break in it, a header and claims, which are then signed.
#[must_use]
pub fn run(data: &[u8]) -> bool {
    let Ok(text) = str::from_utf8(data) else { return false };
    if let Some((header, claims)) = text.split_once('\n') {
        return signed(header, claims);
    }
    assert!(verify(text).is_err(), "nobody has signed {text}");
    false
}

fn signed(header: &str, claims: &str) -> bool {
    let issuer = TestIssuer::new("https://as.example").with_keys([KEY.clone()]);
    let token = issuer.token().raw_header(header).raw_claims(claims).sign();
    let Ok(verified) = verify(&token) else { return false };
    let header: Map<String, Value> = serde_json::from_str(header).expect("a header that was read is JSON");
    assert_eq!(header["alg"], "EdDSA", "signed by another algorithm");
    assert_eq!(header.get("typ").and_then(Value::as_str), verified.typ());
    for forbidden in ["crit", "b64", "zip", "jwk", "jku", "x5u", "x5c"] {
        assert!(!header.contains_key(forbidden), "{forbidden} was overlooked");
    }
    let claims: Map<String, Value> = serde_json::from_str(claims).expect("claims that were read are JSON");
    assert_eq!(*verified.claims(), claims, "other claims than were signed");
    for name in ["exp", "nbf", "iat"] {
        let time = verified.time(name);
        assert!(time.is_none() || claims[name].is_number(), "{name} is no number");
    }
    // A changed signature, and one that is cut, are none.
    let (message, signature) = token.rsplit_once('.').expect("a signature");
    let other = if signature.starts_with('A') { "B" } else { "A" };
    assert!(verify(&format!("{message}.{other}{}", &signature[1..])).is_err());
    assert!(verify(&token[..token.len() - 1]).is_err());
    true
}

fn verify(token: &str) -> Result<VerifiedJws, JwsError> {
    verify_jws(token, &KEYS, &[Algorithm::EdDsa, Algorithm::Es256, Algorithm::Rs256])
}

static KEY: LazyLock<TestKey> = LazyLock::new(|| TestKey::generate("EdDSA", "a"));
static KEYS: LazyLock<KeySet> = LazyLock::new(|| {
    let keys = serde_json::json!({ "keys": [KEY.jwk()] }).to_string();
    KeySet::from_jwks_json(keys.as_bytes()).expect("a key set").0
});

/// What tokens are made of.
pub const WORDS: &[&str] = &[
    "\n",
    ".",
    "\"alg\"",
    "\"EdDSA\"",
    "\"none\"",
    "\"HS256\"",
    "\"ES256\"",
    "\"kid\"",
    "\"a\"",
    "\"typ\"",
    "\"at+jwt\"",
    "\"crit\"",
    "\"jwk\"",
    "\"cty\"",
    "\"b64\"",
    "\"exp\"",
    "\"nbf\"",
    "\"iss\"",
    "\"aud\"",
    "\"sub\"",
    "1e400",
    "-1",
    "0.5",
    "\\u0061",
    "eyJ",
    "{",
    "}",
    "[[[[[[[[",
    "null",
];
