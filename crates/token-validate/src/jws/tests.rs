use serde_json::json;
use test_support::issuer::{NOW, TestIssuer, TestKey, TokenBuilder};

use super::*;

const OK: Result<(), JwsError> = Ok(());

struct World(TestIssuer);

impl World {
    fn new() -> Self {
        Self(TestIssuer::new("https://as.example"))
    }

    /// An ID token, which has neither the type nor the claims of an access token.
    fn token(&self) -> TokenBuilder {
        self.0.token().header("typ", "JWT").without("sub").without("exp").claim("nonce", "n")
    }

    fn keys(&self) -> KeySet {
        KeySet::from_jwks_json(self.0.jwks().to_string().as_bytes()).unwrap().0
    }

    #[track_caller]
    fn check_text(&self, token: &str, expected: Result<(), JwsError>) {
        let outcome = verify_jws(token, &self.keys(), Algorithm::ALL).map(drop);
        assert_eq!(outcome, expected, "{token:.200}");
    }

    #[track_caller]
    fn check(&self, token: &TokenBuilder, expected: Result<(), JwsError>) {
        self.check_text(&token.sign(), expected);
    }
}

#[test]
fn every_algorithm_verifies_and_tells_itself() {
    for algorithm in Algorithm::ALL {
        let issuer = TestIssuer::new("https://as.example");
        let world = World(issuer.with_keys([TestKey::generate(algorithm.as_str(), "k")]));
        let good = world.token().sign();
        let verified = verify_jws(&good, &world.keys(), &[*algorithm]).unwrap();
        assert_eq!((verified.algorithm(), verified.typ()), (*algorithm, Some("JWT")));
        assert_eq!(verified.claims()["nonce"], "n");
        assert_eq!(verified.time("iat"), Some(UnixTime::from_seconds(NOW)));
        assert_eq!(verified.time("exp"), None);
        assert_eq!(verified.into_claims().get("sub"), None);
        let signature = good.rsplit('.').next().unwrap();
        let other = world.token().claim("nonce", "other").message();
        world.check_text(&format!("{other}.{signature}"), Err(JwsError::Signature));
    }
}

#[test]
fn b01_alg_none_in_every_spelling() {
    let world = World::new();
    world.check(&world.token().header("alg", "ES256"), OK);
    for alg in [json!("none"), json!("None"), json!("nOnE"), json!(""), json!(null), json!(["ES256"])] {
        let token = world.token().header("alg", alg);
        world.check(&token, Err(JwsError::Algorithm));
        world.check_text(&token.with_signature(b""), Err(JwsError::Malformed));
    }
}

#[test]
fn b02_a_public_key_is_no_mac_key() {
    let world = World::new();
    let secret = world.0.key().public_pem().into_bytes();
    world.check(&world.token(), OK);
    world.check_text(&world.token().header("alg", "HS256").sign_hmac(&secret), Err(JwsError::Algorithm));
    world.check_text(&world.token().sign_hmac(&secret), Err(JwsError::Signature));
}

#[test]
fn b03_only_algorithms_that_the_caller_allows() {
    let world = World::new();
    let token = world.token().sign();
    let verify = |allowed: &[Algorithm]| verify_jws(&token, &world.keys(), allowed).map(drop);
    assert_eq!(verify(&[Algorithm::Es256]), OK);
    assert_eq!(verify(&[Algorithm::Rs256]), Err(JwsError::Algorithm));
    assert_eq!(verify(&[]), Err(JwsError::Algorithm));
}

#[test]
fn b04_the_key_decides_the_algorithm() {
    let world = World::new();
    world.check(&world.token().header("alg", "ES384"), Err(JwsError::KeyUnknown));
    world.check(&world.token().header("alg", "RS256"), Err(JwsError::KeyUnknown));
    world.check(&world.token().header("alg", "ES256"), OK);
}

#[test]
fn b05_no_key_from_the_token_and_nothing_that_must_be_understood() {
    let world = World::new();
    world.check(&world.token().header("x", "harmless"), OK);
    let own = TestKey::generate("ES256", "key-1");
    let rows = [
        ("jwk", own.jwk()),
        ("jku", json!("https://evil.example/jwks")),
        ("x5u", json!("https://evil.example/cert")),
        ("x5c", json!([])),
        ("crit", json!(["b64"])),
        ("b64", json!(false)),
        ("zip", json!("DEF")),
        ("cty", json!("JWT")),
        ("kid", json!("")),
        ("kid", json!(7)),
    ];
    for (name, value) in rows {
        world.check(&world.token().header(name, value), Err(JwsError::Header));
    }
    world.check(&world.token().key(&own), Err(JwsError::Signature));
}

#[test]
fn a11_a12_b18_b28_shapes_that_are_none() {
    let world = World::new();
    let good = world.token().sign();
    let (message, signature) = good.rsplit_once('.').unwrap();
    world.check_text(&good, OK);
    world.check_text(&format!("{message}.{signature}="), Err(JwsError::Malformed));
    world.check_text(message, Err(JwsError::Malformed));
    world.check_text(&format!("{good}.e30"), Err(JwsError::Malformed));
    world.check_text(&format!("{good}.e30.e30"), Err(JwsError::Encrypted));
    world.check_text("", Err(JwsError::Malformed));
    world.check(&world.token().raw_claims("[1]"), Err(JwsError::Malformed));
    world.check(&world.token().raw_claims(r#"{"sub":"a","sub":"b"}"#), Err(JwsError::Malformed));
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(100), "]".repeat(100));
    world.check(&world.token().raw_claims(deep), Err(JwsError::Malformed));
    world.check(&world.token().claim("a", "x".repeat(8_000)), OK);
    world.check(&world.token().claim("a", "x".repeat(MAX_JWS_BYTES)), Err(JwsError::TooLarge));
}

#[test]
fn an_unknown_and_an_ambiguous_key_are_told_apart() {
    let issuer = TestIssuer::new("https://as.example");
    let key = TestKey::generate("ES256", "key-1");
    let world = World(issuer.with_keys([key.clone(), TestKey::generate("ES256", "key-2")]));
    world.check(&world.token(), OK);
    world.check(&world.token().header("kid", "key-3"), Err(JwsError::KeyUnknown));
    world.check(&world.token().without_header("kid"), Err(JwsError::KeyAmbiguous));
}
