//! Each check of a proof: what passes, and what differs from it in one thing only.

use std::{sync::Arc, time::Duration};

use http::{HeaderMap, HeaderValue, Method};
use oauth_types::{JwkThumbprint, ManualClock, SeededEntropy, UnixTime};
use serde_json::{Value, json};
use test_support::issuer::{NOW, RESOURCE, TestIssuer, TestKey, TokenBuilder};

use super::*;
use crate::{Algorithm, BearerToken, Reason};

struct World {
    key: TestKey,
    clock: Arc<ManualClock>,
    verifier: DpopVerifier,
}

impl World {
    fn new() -> Self {
        Self::with(DpopSettings::default(), 100)
    }

    fn with(settings: DpopSettings, most: usize) -> Self {
        let clock = Arc::new(ManualClock::new(UnixTime::from_seconds(NOW)));
        let store = Arc::new(MemoryReplayStore::new(most, settings.lifetime()));
        let nonces = DpopNonces::random(&SeededEntropy::new(1));
        let verifier = DpopVerifier::new(settings, nonces, store, Arc::<ManualClock>::clone(&clock));
        Self { key: TestKey::generate("ES256", "proof"), clock, verifier }
    }

    fn proof(&self) -> TokenBuilder {
        self.key.proof("POST", RESOURCE)
    }

    fn use_up(&self, headers: &HeaderMap, token: Option<&BearerToken<'_>>) -> Result<JwkThumbprint, Reason> {
        let request = ProofRequest { method: &Method::POST, url: RESOURCE, token };
        let proof = self.verifier.verify(headers, request).map_err(|it| it.reason)?;
        self.verifier.spend(&proof).map(|it| *it.thumbprint()).map_err(|it| it.reason)
    }

    #[track_caller]
    fn check_text(&self, text: &str, expected: Result<(), Reason>) {
        assert_eq!(self.use_up(&headers([text]), None).map(drop), expected, "{text:.300}");
    }

    #[track_caller]
    fn check(&self, proof: TokenBuilder, expected: Result<(), Reason>) {
        let outcome = self.use_up(&headers([proof.sign().as_str()]), None).map(drop);
        assert_eq!(outcome, expected, "{:.400} {:.400}", proof.header_text(), proof.claims_text());
    }
}

fn headers<'a>(proofs: impl IntoIterator<Item = &'a str>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for proof in proofs {
        headers.append("dpop", HeaderValue::from_bytes(proof.as_bytes()).unwrap());
    }
    headers
}

const OK: Result<(), Reason> = Ok(());

#[test]
fn rfc9449_a_good_proof_names_its_key_whatever_kind_it_is() {
    let world = World::new();
    for algorithm in ["ES256", "ES384", "EdDSA", "PS256", "RS256"] {
        let key = TestKey::generate(algorithm, "proof");
        let proof = key.proof("POST", RESOURCE).sign();
        assert_eq!(world.use_up(&headers([proof.as_str()]), None), Ok(key.thumbprint()), "{algorithm}");
    }
    let ed25519 = TestKey::generate("EdDSA", "proof");
    world.check(ed25519.proof("POST", RESOURCE).header("alg", "Ed25519"), OK);
}

#[test]
fn rfc9449_1_one_proof_and_no_more() {
    let world = World::new();
    let [one, other] = [world.proof().sign(), world.proof().sign()];
    assert_eq!(world.use_up(&headers([]), None), Err(Reason::DpopProofMissing));
    for pair in [[&one, &one], [&one, &other]] {
        let repeated = headers(pair.map(String::as_str));
        assert_eq!(world.use_up(&repeated, None), Err(Reason::DpopProofRepeated));
    }
    world.check_text(&format!("{one}, {other}"), Err(Reason::DpopProofMalformed));
    world.check_text(&one, OK);
}

#[test]
fn rfc9449_2_a_proof_is_a_strict_jwt() {
    let world = World::new();
    let malformed = Err(Reason::DpopProofMalformed);
    let good = world.proof().sign();
    for text in
        ["", "a", "a.b", "a.b.c", "...", &good[1..], &good.replacen('.', "..", 1), &format!("{good}.x.y")]
    {
        world.check_text(text, malformed);
    }
    world.check_text(&format!("{good}="), Err(Reason::DpopProofSignature));
    world.check_text(&format!("{good}\u{e9}"), malformed);
    world.check(world.proof().raw_claims("[]"), malformed);
    world.check(world.proof().raw_claims(r#"{"jti":"a","jti":"b"}"#), malformed);
    let padded = |bytes| world.proof().claim("x", "a".repeat(bytes));
    world.check(padded(MAX_PROOF_BYTES), malformed);
    world.check(padded(1024), OK);
    world.check_text(&good, OK);
}

#[test]
fn b23_rfc9449_4_the_type_says_that_it_is_a_proof() {
    let world = World::new();
    let header = Err(Reason::DpopProofHeader);
    for typ in ["JWT", "at+jwt", "application/dpop+jwt", "dpop", ""] {
        world.check(world.proof().header("typ", typ), header);
    }
    world.check(world.proof().without_header("typ"), header);
    world.check(world.proof().header("typ", json!(["dpop+jwt"])), header);
    let access_token = TestIssuer::new("https://as.example").token();
    world.check(access_token.header("jwk", world.key.public_jwk()), header);
    world.check(world.proof().header("typ", "DPoP+JWT"), OK);
}

#[test]
fn rfc9449_5_the_algorithm_is_asymmetric_and_allowed() {
    let world = World::new();
    let header = Err(Reason::DpopProofHeader);
    for alg in [
        json!("none"),
        json!("None"),
        json!(""),
        json!("HS256"),
        json!("RS512"),
        json!(null),
        json!(["ES256"]),
    ] {
        world.check(world.proof().header("alg", alg), header);
    }
    world.check(world.proof().without_header("alg"), header);
    for secret in [world.key.public_der(), world.key.public_jwk().to_string().into_bytes()] {
        world.check_text(&world.proof().header("alg", "HS256").sign_hmac(&secret), header);
        world.check_text(&world.proof().sign_hmac(&secret), Err(Reason::DpopProofSignature));
    }
    world.check(world.proof().header("alg", "RS256"), Err(Reason::DpopProofSignature));
    let only = DpopSettings { algorithms: vec![Algorithm::EdDsa], ..DpopSettings::default() };
    World::with(only, 100).check(world.proof(), header);
    world.check(world.proof(), OK);
}

#[test]
fn rfc9449_6_the_signature_is_by_the_key_in_the_proof() {
    let world = World::new();
    let other = TestKey::generate("ES256", "other");
    world.check(world.proof().header("jwk", other.public_jwk()), Err(Reason::DpopProofSignature));
    let proof = world.proof();
    world.check_text(&proof.with_signature(&[0; 64]), Err(Reason::DpopProofSignature));
    world.check_text(&proof.with_signature(&[]), Err(Reason::DpopProofSignature));
    let of_another = world.proof().sign();
    let signature = of_another.rsplit_once('.').unwrap().1;
    world.check_text(&format!("{}.{signature}", proof.message()), Err(Reason::DpopProofSignature));
    world.check(proof, OK);
}

#[test]
fn rfc9449_7_the_key_is_public_and_in_the_header() {
    let world = World::new();
    let header = Err(Reason::DpopProofHeader);
    let with = |name: &str, value: Value| {
        let mut jwk = world.key.public_jwk();
        jwk[name] = value;
        world.proof().header("jwk", jwk)
    };
    for name in ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] {
        world.check(with(name, "AQAB".into()), header);
        world.check(with(name, Value::Null), header);
    }
    for jwk in [json!(null), json!("x"), json!([]), json!({}), json!({ "kty": "oct", "x": "AQAB" })] {
        world.check(world.proof().header("jwk", jwk), header);
    }
    world.check(world.proof().without_header("jwk"), header);
    world.check(with("y", world.key.public_jwk()["x"].clone()), header);
    world.check(with("use", "enc".into()), header);
    for (name, value) in [
        ("crit", json!(["exp"])),
        ("jku", json!("https://evil.example/jwks")),
        ("x5u", json!("https://evil.example/x")),
        ("x5c", json!(["AA=="])),
        ("b64", json!(false)),
        ("zip", json!("DEF")),
        ("cty", json!("JWT")),
    ] {
        world.check(world.proof().header(name, value), header);
    }
    world.check(with("key_ops", json!(["verify"])), OK);
    world.check(with("ext", true.into()), OK);
}

#[test]
fn rfc9449_8_the_method_is_that_of_the_request() {
    let world = World::new();
    for htm in [json!("GET"), json!("post"), json!(""), json!(null), json!(["POST"])] {
        world.check(world.proof().claim("htm", htm), Err(Reason::DpopProofMethod));
    }
    world.check(world.proof().without("htm"), Err(Reason::DpopProofMethod));
    world.check(world.proof(), OK);
}

#[test]
fn rfc9449_9_the_address_is_that_of_the_request() {
    let world = World::new();
    let target = Err(Reason::DpopProofTarget);
    for htu in [
        "https://mcp.example/",
        "https://mcp.example/mcp2",
        "https://mcp.example/mcp/",
        "https://mcp.example/MCP",
        "https://mcp.example/other/mcp",
        "http://mcp.example/mcp",
        "https://mcp.example:8443/mcp",
        "https://mcp.example.evil.example/mcp",
        "https://evil.example/mcp?https://mcp.example/mcp",
        "https://mcp.example@evil.example/mcp",
        "/mcp",
        "",
    ] {
        world.check(world.proof().claim("htu", htu), target);
    }
    world.check(world.proof().without("htu"), target);
    world.check(world.proof().claim("htu", json!([RESOURCE])), target);
    for htu in ["HTTPS://MCP.example:443/mcp", "https://mcp.example/%6Dcp", "https://mcp.example/mcp?a=1#b"] {
        world.check(world.proof().claim("htu", htu), OK);
    }
}

#[test]
fn rfc9449_10_a_nonce_is_demanded_by_configuration_only() {
    let demanding = World::with(DpopSettings { nonce: true, ..DpopSettings::default() }, 100);
    let nonce = demanding.verifier.nonce().unwrap();
    let missing = Err(Reason::DpopNonce);
    demanding.check(demanding.proof(), missing);
    for wrong in [json!(""), json!("x"), json!(null), json!([nonce]), json!(format!("{nonce}A"))] {
        demanding.check(demanding.proof().claim("nonce", wrong), missing);
    }
    demanding.check(demanding.proof().claim("nonce", nonce.as_str()), OK);
    demanding.clock.advance(Duration::from_secs(119));
    demanding.check(demanding.proof().claim("nonce", nonce.as_str()), OK);
    demanding.clock.advance(Duration::from_secs(121));
    demanding.check(demanding.proof().claim("nonce", nonce.as_str()), missing);
    let (relaxed, fresh) = (demanding.verifier.demanding_nonce(false), World::new());
    assert_eq!((relaxed.nonce(), fresh.verifier.nonce()), (None, None));
    fresh.check(fresh.proof().claim("nonce", "whatever"), OK);
}

#[test]
fn rfc9449_11_the_proof_is_of_now() {
    let world = World::new();
    for iat in [NOW - 300, NOW, NOW + 300] {
        world.check(world.proof().claim("iat", iat), OK);
    }
    for iat in [0, NOW - 301, NOW + 301, NOW + 1_000_000_000] {
        world.check(world.proof().claim("iat", iat), Err(Reason::DpopProofTime));
    }
    for iat in [json!("1800000000"), json!(null), json!(-1), json!([NOW])] {
        world.check(world.proof().claim("iat", iat), Err(Reason::DpopProofMalformed));
    }
    world.check(world.proof().without("iat"), Err(Reason::DpopProofMalformed));
}

#[test]
fn rfc9449_12_the_proof_is_for_the_token_beside_it() {
    let world = World::new();
    let token = BearerToken::new("Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU");
    // The example of RFC 9449 section 7.
    let ath = "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo";
    let check = |proof: TokenBuilder, expected: Result<(), Reason>| {
        assert_eq!(world.use_up(&headers([proof.sign().as_str()]), Some(&token)).map(drop), expected);
    };
    check(world.proof().claim("ath", ath), OK);
    check(world.proof().beside(token.expose()), OK);
    check(world.proof(), Err(Reason::DpopProofMalformed));
    check(world.proof().beside("another"), Err(Reason::DpopProofToken));
    check(world.proof().claim("ath", format!("{ath}=")), Err(Reason::DpopProofToken));
    check(world.proof().claim("ath", json!([ath])), Err(Reason::DpopProofMalformed));
}

#[test]
fn rfc9449_a_proof_is_good_once_for_as_long_as_it_is_good() {
    let world = World::new();
    let proof = world.proof().claim("iat", NOW + 300).sign();
    world.check_text(&proof, OK);
    for _ in 0..6 {
        world.check_text(&proof, Err(Reason::DpopProofReplayed));
        world.clock.advance(Duration::from_secs(100));
    }
    world.check_text(&proof, Err(Reason::DpopProofReplayed));
    world.clock.advance(Duration::from_secs(1));
    world.check_text(&proof, Err(Reason::DpopProofTime));
}

#[test]
fn rfc9449_a_jti_is_a_name_within_its_key_and_address() {
    let world = World::new();
    let named = |key: &TestKey| key.proof("POST", RESOURCE).claim("jti", "same");
    world.check(named(&world.key), OK);
    world.check(named(&world.key).claim("iat", NOW + 1), Err(Reason::DpopProofReplayed));
    world.check(named(&world.key).claim("htu", "https://MCP.example/mcp"), Err(Reason::DpopProofReplayed));
    world.check(named(&TestKey::generate("ES256", "other")), OK);
    for jti in [json!(""), json!("a".repeat(257)), json!("a\u{0}b"), json!(5), json!(null)] {
        world.check(world.proof().claim("jti", jti), Err(Reason::DpopProofMalformed));
    }
    world.check(world.proof().without("jti"), Err(Reason::DpopProofMalformed));
    world.check(world.proof().claim("jti", "a".repeat(256)), OK);
}

#[test]
fn rfc9449_without_room_to_remember_nothing_is_accepted() {
    let world = World::with(DpopSettings::default(), 4);
    world.check(world.proof(), OK);
    world.check(world.proof(), OK);
    world.check(world.proof(), Err(Reason::DpopMemoryFull));
    world.clock.advance(Duration::from_secs(1200));
    world.check(world.proof().claim("iat", NOW + 1200), OK);
}
