//! Tokens that are bound to a key, and their senders.

use futures_util::FutureExt;
use http::{HeaderMap, Method};
use oauth_types::SeededEntropy;
use serde_json::Value;
use test_support::{fake_http::Reply, issuer::TestKey};

use super::*;
use crate::{
    DpopNonces, DpopSettings, DpopVerifier, Introspection, IntrospectionAuth, IntrospectionScope,
    MemoryReplayStore, ProofRequest,
};

struct Scene {
    world: World,
    key: TestKey,
    dpop: DpopVerifier,
    validator: Validator,
}

impl Scene {
    fn of(world: World) -> Self {
        let settings = DpopSettings::default();
        let replay = Arc::new(MemoryReplayStore::new(4, settings.lifetime()));
        let nonces = DpopNonces::random(&SeededEntropy::new(1));
        let dpop = DpopVerifier::new(settings, nonces, replay, world.clock.clone());
        Self { validator: world.validator(), key: TestKey::generate("ES256", "proof"), dpop, world }
    }

    fn bound(&self) -> TokenBuilder {
        self.world.token().claim("cnf", self.key.confirmation())
    }

    /// `token`, sent with a fresh proof by `key`.
    fn send(&self, token: &str, key: &TestKey) -> Result<ValidatedToken, Reason> {
        self.send_with(token, &key.proof("POST", RESOURCE).beside(token).sign())
    }

    fn send_with(&self, token: &str, proof: &str) -> Result<ValidatedToken, Reason> {
        let mut headers = HeaderMap::new();
        headers.insert("dpop", proof.parse().unwrap());
        let token = bearer(token);
        let request = ProofRequest { method: &Method::POST, url: RESOURCE, token: Some(&token) };
        let proof = self.dpop.verify(&headers, request).map_err(|it| it.reason)?;
        let outcome = self.validator.validate_with_proof(&token, &self.world.resource, &self.dpop, proof);
        outcome.now_or_never().expect("nothing to wait for").map_err(|it| it.reason)
    }

    fn bear(&self, token: &str) -> Result<(), Reason> {
        validate(&self.validator, token, &self.world.resource).map(drop).map_err(|it| it.reason)
    }
}

#[test]
fn b25_a_bound_token_is_good_from_its_key_only_remembered_or_not() {
    let scene = Scene::of(World::new());
    let token = scene.bound().sign();
    let other = TestKey::generate("ES256", "other");
    for _ in 0..2 {
        assert_eq!(scene.bear(&token), Err(Reason::SenderConstrained));
        assert_eq!(scene.send(&token, &other).map(drop), Err(Reason::DpopKeyMismatch));
        let validated = scene.send(&token, &scene.key).unwrap();
        assert_eq!(validated.key_thumbprint(), Some(&*scene.key.thumbprint().to_string()));
    }
}

#[test]
fn b25_a_proof_beside_a_token_that_is_not_bound_is_refused() {
    let scene = Scene::of(World::new());
    let token = scene.world.token().sign();
    for _ in 0..2 {
        assert_eq!(scene.send(&token, &scene.key).map(drop), Err(Reason::TokenNotBound));
        assert_eq!(scene.bear(&token), Ok(()));
    }
}

#[test]
fn b25_a_confirmation_that_cannot_be_checked_is_refused() {
    let scene = Scene::of(World::new());
    let jkt = scene.key.thumbprint().to_string();
    for cnf in [
        Value::Null,
        json!({}),
        json!("x"),
        json!({ "x5t#S256": "x" }),
        json!({ "jkt": jkt, "x5t#S256": "x" }),
        json!({ "jkt": [jkt] }),
    ] {
        let token = scene.world.token().claim("cnf", cnf).sign();
        assert_eq!(scene.send(&token, &scene.key).map(drop), Err(Reason::SenderConstrained));
    }
    assert!(scene.send(&scene.bound().sign(), &scene.key).is_ok());
}

#[test]
fn rfc9449_a_refused_token_uses_up_no_proof_and_no_memory() {
    let scene = Scene::of(World::new());
    let expired = scene.bound().claim("iat", NOW - 7200).claim("exp", NOW - 3600).sign();
    for _ in 0..5 {
        assert_eq!(scene.send(&expired, &scene.key).map(drop), Err(Reason::TokenExpired));
    }
    let good = scene.bound().sign();
    let proof = scene.key.proof("POST", RESOURCE).beside(&good).sign();
    assert!(scene.send_with(&good, &proof).is_ok());
    assert_eq!(scene.send_with(&good, &proof).map(drop), Err(Reason::DpopProofReplayed));
}

#[test]
fn b25_keycloak_says_dpop_where_it_says_bearer_otherwise() {
    let scene = Scene::of(World::with(|it| it.token_type = crate::TokenTypePolicy::Lenient));
    let token = scene.bound().header("typ", "JWT").claim("typ", "DPoP").sign();
    assert!(scene.send(&token, &scene.key).is_ok());
    let id_token = scene.bound().header("typ", "JWT").claim("typ", "ID").sign();
    assert_eq!(scene.send(&id_token, &scene.key).map(drop), Err(Reason::NotAnAccessToken));
}

#[test]
fn b25_introspection_tells_of_the_binding_too() {
    const ENDPOINT: &str = "https://as.example/introspect";
    for applies_to in [IntrospectionScope::Opaque, IntrospectionScope::Every] {
        let world = World::with(|it| {
            it.introspection = Some(Introspection {
                endpoint: Some(ENDPOINT.parse().unwrap()),
                client_id: "gateway".parse().unwrap(),
                client_secret: crate::ClientSecret::new("s3cret".to_owned()),
                auth: IntrospectionAuth::Basic,
                applies_to,
                cache: Duration::from_secs(30),
            });
        });
        let scene = Scene::of(world);
        let token = match applies_to {
            IntrospectionScope::Opaque => "8xLOxBtZp8".to_owned(),
            IntrospectionScope::Every => scene.world.token().sign(),
        };
        let answer = json!({
            "active": true, "sub": "alice", "aud": RESOURCE, "exp": NOW + 3600, "client_id": "client-1",
            "token_type": "DPoP", "cnf": scene.key.confirmation(),
        });
        scene.world.http.set(ENDPOINT, Reply::json(&answer));
        assert_eq!(scene.bear(&token), Err(Reason::SenderConstrained), "{applies_to:?}");
        if applies_to == IntrospectionScope::Opaque {
            assert!(scene.send(&token, &scene.key).is_ok());
            let other = TestKey::generate("ES256", "other");
            assert_eq!(scene.send(&token, &other).map(drop), Err(Reason::DpopKeyMismatch));
        }
    }
}
