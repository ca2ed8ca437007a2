//! Token requests with proofs of possession; a verifier of these tests takes the name of a key for a proof by it.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use bytes::Bytes;
use http::{HeaderMap, Response};
use oauth_types::JwkThumbprint;
use serde_json::Value;

use crate::{
    DpopError, DpopProof, DpopProofVerifier, TokenEndpoint,
    testing::{
        Post, RESOURCE, SECRET, World, block_on, code_request, good, good_query, outcome, refresh_request,
    },
};

const OWN: JwkThumbprint = JwkThumbprint::from_bytes([1; 32]);
/// Of a proof that was used before.
const SPENT: JwkThumbprint = JwkThumbprint::from_bytes([3; 32]);
const OTHER: JwkThumbprint = JwkThumbprint::from_bytes([2; 32]);

#[derive(Debug, Default)]
struct Named {
    nonce: Option<&'static str>,
    is_down: bool,
    spent: Arc<AtomicUsize>,
}

/// A proof by a key; those by [`SPENT`] were used before.
#[derive(Debug)]
struct NamedProof {
    key: JwkThumbprint,
    spent: Arc<AtomicUsize>,
}

impl DpopProof for NamedProof {
    fn key(&self) -> JwkThumbprint {
        self.key
    }

    fn spend(&self) -> Result<(), DpopError> {
        self.spent.fetch_add(1, Ordering::SeqCst);
        if self.key == SPENT { Err(DpopError::Invalid("the DPoP proof was used before")) } else { Ok(()) }
    }
}

impl DpopProofVerifier for Named {
    fn verify(&self, headers: &HeaderMap, url: &str) -> Result<Box<dyn DpopProof>, DpopError> {
        assert_eq!(url, "https://mcp.example/token");
        let text = headers["dpop"].to_str().unwrap();
        match text.strip_suffix(" without nonce") {
            _ if self.is_down => Err(DpopError::Unavailable("as the test wants it".into())),
            Some(_) => Err(DpopError::NonceMissing),
            None => {
                let malformed = |_| DpopError::Invalid("the DPoP proof is malformed");
                let key = text.parse().map_err(malformed)?;
                Ok(Box::new(NamedProof { key, spent: Arc::clone(&self.spent) }))
            }
        }
    }

    fn nonce(&self) -> Option<String> {
        self.nonce.map(str::to_owned)
    }
}

struct Scene {
    world: World,
    verifier: Arc<Named>,
}

impl Scene {
    fn new() -> Self {
        Self::with(Named::default())
    }

    fn with(verifier: Named) -> Self {
        let mut world = World::new();
        world.settings.dpop_algorithms = vec!["ES256".to_owned()];
        Self { world, verifier: Arc::new(verifier) }
    }

    fn endpoint(&self) -> TokenEndpoint {
        self.world.token().with_dpop(Arc::<Named>::clone(&self.verifier))
    }

    fn post(&self, post: &Post, proof: Option<&str>) -> Response<Bytes> {
        let mut headers = post.headers.clone();
        headers.extend(proof.map(|it| (http::HeaderName::from_static("dpop"), it.parse().unwrap())));
        block_on(self.endpoint().answer(&post.method, &headers, None, &post.body()))
    }

    fn code(&self, client: &str, proof: Option<&str>) -> Response<Bytes> {
        self.post(&code_request(client, &self.world.code(client)), proof)
    }

    fn introspected(&self, tokens: &Value) -> Value {
        let token = tokens["access_token"].as_str().unwrap();
        let mut world_post = Post::new(&[("token", token)]);
        world_post = crate::testing::authenticated("post", world_post);
        json(&self.world.post_introspect(&world_post))
    }
}

fn json(answer: &Response<Bytes>) -> Value {
    serde_json::from_slice(answer.body()).unwrap()
}

fn name(key: JwkThumbprint) -> String {
    key.to_string()
}

#[test]
fn rfc9449_5_a_proof_makes_the_token_one_of_its_key() {
    let scene = Scene::new();
    let bound = json(&scene.code("post", Some(&name(OWN))));
    assert_eq!(bound["token_type"], "DPoP");
    let facts = scene.introspected(&bound);
    assert_eq!((&facts["token_type"], &facts["cnf"]["jkt"]), (&"DPoP".into(), &name(OWN).into()));
    let plain = json(&scene.code("post", None));
    assert_eq!(plain["token_type"], "Bearer");
    let facts = scene.introspected(&plain);
    assert_eq!((&facts["token_type"], facts.get("cnf")), (&"Bearer".into(), None));
}

#[test]
fn rfc9449_5_a_bad_proof_is_refused_and_uses_nothing_up() {
    let scene = Scene::new();
    let request = code_request("public", &scene.world.code("public"));
    scene.world.grants.take_calls();
    assert_eq!(outcome(&scene.post(&request, Some("bad"))), "400 invalid_dpop_proof");
    let without_nonce = format!("{OWN} without nonce");
    assert_eq!(outcome(&scene.post(&request, Some(&without_nonce))), "400 use_dpop_nonce");
    assert_eq!(scene.world.grants.take_calls(), [""; 0]);
    assert_eq!(outcome(&scene.post(&request, Some(&name(OWN)))), "200");
}

#[test]
fn rfc9449_5_only_the_key_of_a_public_client_refreshes() {
    for (client, other) in [("public", "400 invalid_grant"), ("post", "200")] {
        let scene = Scene::new();
        let tokens = json(&scene.code(client, Some(&name(OWN))));
        let request = refresh_request(client, tokens["refresh_token"].as_str().unwrap());
        if client == "public" {
            assert_eq!(outcome(&scene.post(&request, None)), "400 invalid_grant");
            assert_eq!(outcome(&scene.post(&request, Some(&name(OTHER)))), other);
            assert_eq!(outcome(&scene.post(&request, Some(&name(OWN)))), "200");
        } else {
            assert_eq!(outcome(&scene.post(&request, Some(&name(OTHER)))), other);
        }
    }
}

#[test]
fn rfc9449_5_2_a_client_that_always_proves_is_refused_without_a_proof() {
    let mut scene = Scene::new();
    scene.world.settings.dpop_required = true;
    assert_eq!(outcome(&scene.code("public", None)), "400 invalid_dpop_proof");
    assert_eq!(outcome(&scene.code("public", Some(&name(OWN)))), "200");
    scene.world.settings.dpop_required = false;
    assert_eq!(outcome(&scene.code("public", None)), "200");
    assert_eq!(outcome(&scene.code("proving", None)), "400 invalid_dpop_proof");
    assert_eq!(outcome(&scene.code("proving", Some(&name(OWN)))), "200");
}

#[test]
fn rfc9449_8_who_proves_is_told_the_next_nonce_and_others_are_not() {
    let scene = Scene::with(Named { nonce: Some("n-1"), ..Named::default() });
    let told = |answer: &Response<Bytes>| {
        answer.headers().get("dpop-nonce").map(|it| it.to_str().unwrap().to_owned())
    };
    let refused = scene.code("public", Some(&format!("{OWN} without nonce")));
    assert_eq!((outcome(&refused).as_str(), told(&refused).as_deref()), ("400 use_dpop_nonce", Some("n-1")));
    let good = scene.code("public", Some(&name(OWN)));
    assert_eq!((outcome(&good).as_str(), told(&good).as_deref()), ("200", Some("n-1")));
    assert_eq!(told(&scene.code("public", None)), None);
    assert_eq!(told(&Scene::new().code("public", Some(&name(OWN)))), None);
}

#[test]
fn rfc9449_10_a_code_for_a_key_is_for_no_other() {
    let scene = Scene::new();
    let query = good_query().and("dpop_jkt", &name(OWN));
    let request = good(&scene.world, &query);
    assert_eq!(request.key, Some(OWN));
    let code = scene.world.grants.inner.issue_code(request, "alice").expose().to_owned();
    let request = code_request("public", &code);
    assert_eq!(outcome(&scene.post(&request, None)), "400 invalid_grant");
    assert_eq!(outcome(&scene.post(&request, Some(&name(OTHER)))), "400 invalid_grant");
    assert_eq!(outcome(&scene.post(&request, Some(&name(OWN)))), "200");
    for wrong in ["short", &format!("{OWN}=")] {
        let query = good_query().and("dpop_jkt", wrong).encode();
        assert!(block_on(scene.world.authorize().check(Some(&query), None)).is_err(), "{wrong}");
    }
    assert_eq!(
        good(&World::new(), &query).key,
        None,
        "where proofs are not taken it is any unknown parameter"
    );
}

#[test]
fn rfc9449_where_proofs_are_not_taken_they_mean_nothing() {
    let world = World::new();
    let mut request = code_request("public", &world.code("public"));
    request.headers.insert("dpop", "bad".parse().unwrap());
    let answer = world.post_token(&request);
    assert_eq!((outcome(&answer).as_str(), &json(&answer)["token_type"]), ("200", &"Bearer".into()));
}

#[test]
fn g27_a_verifier_that_cannot_say_is_503_and_uses_nothing_up() {
    let scene = Scene::with(Named { is_down: true, ..Named::default() });
    let request = code_request("public", &scene.world.code("public"));
    assert_eq!(outcome(&scene.post(&request, Some(&name(OWN)))), "503 temporarily_unavailable");
    assert_eq!(outcome(&scene.post(&request, None)), "200");
}

#[test]
fn rfc9449_5_tokens_without_a_code_are_bound_too() {
    let mut scene = Scene::new();
    scene.world.settings.client_credentials.insert("post".parse().unwrap(), "mcp".parse().unwrap());
    let request = || {
        let form = [("grant_type", "client_credentials"), ("client_id", "post"), ("client_secret", SECRET)];
        Post::new(&form).with("resource", RESOURCE)
    };
    let bound = scene.post(&request(), Some(&name(OWN)));
    assert_eq!(json(&bound)["token_type"], "DPoP");
    assert_eq!(scene.world.direct.take(), [format!("post by post at {RESOURCE}: mcp, bound to {OWN}")]);
    let free = scene.post(&request(), None);
    assert_eq!(json(&free)["token_type"], "Bearer");
    assert_eq!(scene.world.direct.take(), [format!("post by post at {RESOURCE}: mcp")]);
    assert_eq!(outcome(&scene.post(&request(), Some("x"))), "400 invalid_dpop_proof");
    assert_eq!(scene.world.direct.take(), [""; 0]);
}

#[test]
fn l22_a_request_that_is_refused_uses_no_memory_of_proofs() {
    let mut scene = Scene::new();
    scene.world.settings.client_credentials.insert("post".parse().unwrap(), "mcp".parse().unwrap());
    let code = scene.world.code("public");
    let tokens = scene.world.tokens("public");
    let refresh = tokens["refresh_token"].as_str().unwrap();
    let direct = |grant_type: &str| Post::new(&[("grant_type", grant_type), ("client_id", "public")]);
    let jwt_bearer = "urn:ietf:params:oauth:grant-type:jwt-bearer";
    let exchange = "urn:ietf:params:oauth:grant-type:token-exchange";
    for request in [
        code_request("public", "no code"),
        code_request("other", &code),
        code_request("public", &code).with("redirect_uri", "https://evil.example/"),
        code_request("public", &code).with("code_verifier", &"v".repeat(43)),
        code_request("public", &code).with("resource", "https://mcp.example/other"),
        code_request("public", &code).without("code"),
        refresh_request("public", "no token"),
        refresh_request("other", refresh),
        refresh_request("public", refresh).with("scope", "files:write"),
        refresh_request("public", refresh).with("resource", "https://mcp.example/other"),
        refresh_request("public", refresh).without("refresh_token"),
        direct("client_credentials"),
        direct(jwt_bearer).with("assertion", "a.b.c"),
        direct(exchange).with("subject_token", "live"),
    ] {
        let answer = scene.post(&request, Some(&name(OWN)));
        assert!(answer.status().is_client_error(), "{request:?}");
        assert_eq!(scene.verifier.spent.load(Ordering::SeqCst), 0, "{request:?}");
    }
    assert_eq!(outcome(&scene.post(&code_request("public", &code), Some(&name(OWN)))), "200");
    assert_eq!(outcome(&scene.post(&refresh_request("public", refresh), Some(&name(OWN)))), "200");
    assert_eq!(scene.verifier.spent.load(Ordering::SeqCst), 2);
}

#[test]
fn rfc9449_11_1_a_proof_that_was_used_before_uses_nothing_else_up() {
    let mut scene = Scene::new();
    scene.world.settings.client_credentials.insert("post".parse().unwrap(), "mcp".parse().unwrap());
    let used = Some(name(SPENT));
    let code = code_request("post", &scene.world.code("post"));
    assert_eq!(outcome(&scene.post(&code, used.as_deref())), "400 invalid_dpop_proof");
    let tokens = json(&scene.post(&code, Some(&name(OWN))));
    let refresh = refresh_request("post", tokens["refresh_token"].as_str().unwrap());
    assert_eq!(outcome(&scene.post(&refresh, used.as_deref())), "400 invalid_dpop_proof");
    assert_eq!(outcome(&scene.post(&refresh, Some(&name(OWN)))), "200");
    let form = [("grant_type", "client_credentials"), ("client_id", "post"), ("client_secret", SECRET)];
    let direct = Post::new(&form).with("resource", RESOURCE);
    assert_eq!(outcome(&scene.post(&direct, used.as_deref())), "400 invalid_dpop_proof");
    assert_eq!(scene.world.direct.take(), [""; 0]);
    assert_eq!(outcome(&scene.post(&direct, Some(&name(OWN)))), "200");
}
