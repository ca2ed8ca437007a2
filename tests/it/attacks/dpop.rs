//! Tokens that are bound to a key, on the wire (RFC 9449; B25 of group B).

use test_support::issuer::{TestKey, TokenBuilder};

use super::{
    gateway::{BODY, Gateway, Setup, bearer, now, post, request},
    wire::Message,
};

const URL: &str = "https://mcp.example/mcp";

/// A client with a key of its own, before a gateway.
struct Scene {
    gateway: Gateway,
    key: TestKey,
}

impl Scene {
    async fn start(lines: &str) -> Self {
        let gateway = Setup::default().server(lines).start().await;
        Self { gateway, key: TestKey::generate("ES256", "client") }
    }

    /// A token that is bound to the key of the client.
    fn bound(&self) -> String {
        self.gateway.token().claim("cnf", self.key.confirmation()).sign()
    }

    fn proof(&self, token: &str) -> TokenBuilder {
        fresh(&self.key, "POST", URL).beside(token)
    }

    async fn post(&self, lines: &str) -> Message {
        self.gateway.ask(post("/mcp", lines, BODY)).await
    }

    async fn send(&self, token: &str, proof: &TokenBuilder) -> Message {
        self.post(&with_proof(token, &proof.sign())).await
    }

    /// A request that is refused with this error in the scheme of proofs, and that the upstream never sees.
    #[track_caller]
    fn refused(&self, answer: &Message, error: &str) {
        assert_eq!(answer.status(), 401, "{answer:?}");
        let [challenge] = answer.challenges()[..] else { panic!("not one challenge in {answer:?}") };
        assert!(challenge.starts_with(&format!("DPoP error=\"{error}\", error_description=")), "{answer:?}");
        assert!(challenge.contains("algs=\"ES256 "), "{answer:?}");
        assert!(answer.body.contains(&format!("\"error\":\"{error}\"")), "{answer:?}");
        assert!(self.gateway.upstream.requests().is_empty());
    }

    /// A good request still passes.
    async fn serves(&self) {
        let token = self.bound();
        let answer = self.send(&token, &self.proof(&token)).await;
        assert_eq!(answer.status(), 200, "{answer:?}");
    }
}

/// A proof of this moment.
fn fresh(key: &TestKey, method: &str, url: &str) -> TokenBuilder {
    key.proof(method, url).claim("iat", now().as_seconds())
}

fn with_proof(token: &str, proof: &str) -> String {
    format!("Authorization: DPoP {token}\r\nDPoP: {proof}\r\n")
}

#[tokio::test]
async fn b25_a_bound_token_without_its_proof_is_refused_and_neither_reaches_the_upstream() {
    let scene = Scene::start("").await;
    let token = scene.bound();
    let proof = scene.proof(&token).sign();
    for lines in [bearer(&token), format!("{}DPoP: {proof}\r\n", bearer(&token))] {
        let refused = scene.post(&lines).await;
        refused.is_401_invalid();
        assert!(refused.challenge().starts_with("Bearer "), "{refused:?}");
    }
    scene.refused(&scene.post(&format!("Authorization: DPoP {token}\r\n")).await, "invalid_dpop_proof");
    assert_eq!(scene.post(&with_proof(&token, &proof)).await.status(), 200);
    let seen = format!("{:?}", scene.gateway.upstream.request()).to_lowercase();
    assert!(!seen.contains("dpop") && !seen.contains("authorization"), "{seen}");
    for part in token.split('.').chain(proof.split('.')) {
        assert!(!seen.contains(&part.to_lowercase()), "{seen}");
    }
    let log = scene.gateway.stop().await;
    assert!(!log.contains(&proof) && !log.contains(&token));
    assert!(log.contains("\"reason\":\"sender_constrained\""), "{log}");
    assert!(log.contains("\"reason\":\"dpop_proof_missing\""), "{log}");
}

#[tokio::test]
async fn b25_a_stolen_token_is_of_no_use_with_another_key() {
    let scene = Scene::start("").await;
    let (token, thief) = (scene.bound(), TestKey::generate("ES256", "thief"));
    let refused = scene.send(&token, &fresh(&thief, "POST", URL).beside(&token)).await;
    scene.refused(&refused, "invalid_token");
    let forged = scene.proof(&token).header("jwk", thief.public_jwk());
    scene.refused(&scene.send(&token, &forged).await, "invalid_dpop_proof");
    let plain = scene.gateway.token().sign();
    scene.refused(&scene.send(&plain, &scene.proof(&plain)).await, "invalid_token");
    scene.serves().await;
}

#[tokio::test]
async fn rfc9449_11_1_a_proof_that_was_seen_is_of_no_use_again() {
    let scene = Scene::start("").await;
    let token = scene.bound();
    let seen = with_proof(&token, &scene.proof(&token).sign());
    assert_eq!(scene.post(&seen).await.status(), 200);
    let replayed = scene.post(&seen).await;
    assert!(replayed.challenge().starts_with("DPoP error=\"invalid_dpop_proof\""), "{replayed:?}");
    let get = scene.gateway.ask(request("GET", "/mcp", &seen)).await;
    assert!(get.challenge().starts_with("DPoP error=\"invalid_dpop_proof\""), "{get:?}");
    assert_eq!(scene.gateway.upstream.requests().len(), 1);
    scene.serves().await;
}

#[tokio::test]
async fn rfc9449_4_3_a_proof_for_another_request_is_refused() {
    let scene = Scene::start("").await;
    let token = scene.bound();
    let other = scene.gateway.token().claim("jti", "token-2").claim("cnf", scene.key.confirmation()).sign();
    for wrong in [
        scene.proof(&token).claim("htm", "GET"),
        scene.proof(&token).claim("htu", "https://mcp.example/other"),
        scene.proof(&token).claim("htu", format!("http://{}/mcp", scene.gateway.address)),
        scene.proof(&token).claim("htu", "https://evil.example/mcp"),
        scene.proof(&token).claim("iat", now().as_seconds() - 400),
        scene.proof(&token).claim("iat", now().as_seconds() + 400),
        scene.proof(&other),
        scene.proof(&token).without("ath"),
        scene.proof(&token).header("typ", "at+jwt"),
    ] {
        scene.refused(&scene.send(&token, &wrong).await, "invalid_dpop_proof");
    }
    let good = scene.proof(&token).sign();
    let twice = format!("{}DPoP: {good}\r\n", with_proof(&token, &good));
    scene.refused(&scene.post(&twice).await, "invalid_dpop_proof");
    assert_eq!(scene.post(&with_proof(&token, &good)).await.status(), 200);
}

#[tokio::test]
async fn rfc9449_4_3_the_address_is_the_public_one_as_it_was_asked() {
    let scene = Scene::start("").await;
    let token = scene.bound();
    let slash = |url: &str| with_proof(&token, &fresh(&scene.key, "POST", url).beside(&token).sign());
    let answer = scene.gateway.ask(post("/mcp/", &slash("https://mcp.example/mcp/"), BODY)).await;
    assert_eq!(answer.status(), 200, "{answer:?}");
    assert_eq!(scene.gateway.ask(post("/mcp/", &slash(URL), BODY)).await.status(), 401);
    let query = scene.gateway.ask(post("/mcp?a=1", &slash("https://MCP.example:443/mcp?b=2"), BODY)).await;
    assert_eq!(query.status(), 200, "{query:?}");
}

#[tokio::test]
async fn rfc9449_9_a_nonce_is_told_and_then_demanded() {
    let scene = Scene::start("dpop_nonce = true\n").await;
    let token = scene.bound();
    for proof in [scene.proof(&token), scene.proof(&token).claim("nonce", "made-up")] {
        let refused = scene.send(&token, &proof).await;
        scene.refused(&refused, "use_dpop_nonce");
        assert!(refused.header("dpop-nonce").is_some_and(|it| it.len() == 22), "{refused:?}");
    }
    let refused = scene.send(&token, &scene.proof(&token)).await;
    let nonce = refused.header("dpop-nonce").unwrap();
    let answer = scene.send(&token, &scene.proof(&token).claim("nonce", nonce)).await;
    assert_eq!(answer.status(), 200, "{answer:?}");
    assert!(answer.header("dpop-nonce").is_some(), "{answer:?}");
    let plain = scene.post(&bearer(&scene.gateway.token().sign())).await;
    assert_eq!((plain.status(), plain.header("dpop-nonce")), (200, None));
}

#[tokio::test]
async fn rfc9449_7_2_by_default_dpop_is_offered_behind_bearer() {
    let scene = Scene::start("").await;
    let metadata = "resource_metadata=\"https://mcp.example/.well-known/oauth-protected-resource/mcp\"";
    let bare = scene.post("").await;
    let bearer_challenge = format!("Bearer scope=\"mcp\", {metadata}");
    let offer = "DPoP algs=\"ES256 ES384 EdDSA Ed25519 PS256 RS256\"";
    assert_eq!(bare.challenges(), [bearer_challenge.as_str(), offer]);
    let invalid = scene.post(&bearer("bad")).await;
    assert_eq!(invalid.challenges()[1..], [offer]);
    let document = scene.gateway.ask(request("GET", "/.well-known/oauth-protected-resource/mcp", "")).await;
    assert!(document.body.contains("\"dpop_signing_alg_values_supported\":[\"ES256\""), "{document:?}");
    assert!(!document.body.contains("dpop_bound_access_tokens_required"), "{document:?}");
    assert_eq!(scene.post(&bearer(&scene.gateway.token().sign())).await.status(), 200);
    scene.serves().await;
}

#[tokio::test]
async fn rfc9728_2_where_dpop_is_required_a_bearer_token_is_refused() {
    let scene = Scene::start("dpop = \"required\"\n").await;
    let bare = scene.post("").await;
    let [challenge] = bare.challenges()[..] else { panic!("not one challenge in {bare:?}") };
    assert!(challenge.starts_with("DPoP scope=\"mcp\", resource_metadata="), "{bare:?}");
    let plain = scene.post(&bearer(&scene.gateway.token().sign())).await;
    scene.refused(&plain, "invalid_token");
    scene.refused(&scene.post(&bearer(&scene.bound())).await, "invalid_token");
    let document = scene.gateway.ask(request("GET", "/.well-known/oauth-protected-resource/mcp", "")).await;
    assert!(document.body.contains("\"dpop_bound_access_tokens_required\":true"), "{document:?}");
    scene.serves().await;
}

#[tokio::test]
async fn a08_where_dpop_is_off_its_scheme_is_no_credential() {
    let scene = Scene::start("dpop = \"off\"\n").await;
    let token = scene.bound();
    let refused = scene.send(&token, &scene.proof(&token)).await;
    refused.is_401_bare();
    assert_eq!(refused.challenges().len(), 1, "{refused:?}");
    scene.post(&bearer(&token)).await.is_401_invalid();
    let document = scene.gateway.ask(request("GET", "/.well-known/oauth-protected-resource/mcp", "")).await;
    assert!(!document.body.contains("dpop"), "{document:?}");
    assert_eq!(scene.post(&bearer(&scene.gateway.token().sign())).await.status(), 200);
}

#[tokio::test]
async fn rfc9449_7_1_what_is_refused_later_is_refused_in_the_scheme_of_proofs() {
    let scene = Scene::start("").await;
    let narrow = scene.gateway.token().claim("scope", "other").claim("cnf", scene.key.confirmation()).sign();
    let refused = scene.send(&narrow, &scene.proof(&narrow)).await;
    assert_eq!(refused.status(), 403);
    assert!(refused.challenge().starts_with("DPoP error=\"insufficient_scope\""), "{refused:?}");
    scene.serves().await;
}

#[tokio::test]
async fn rfc9449_pages_may_send_proofs_and_read_nonces() {
    let gateway = Setup::default().server("dpop_nonce = true\n").start().await;
    let own_page = "Origin: https://mcp.example\r\n";
    let preflight = gateway.ask(request("OPTIONS", "/mcp", own_page)).await;
    let allowed = preflight.header("access-control-allow-headers").unwrap();
    assert!(allowed.split(", ").any(|it| it == "DPoP"), "{preflight:?}");
    let refused = gateway.ask(post("/mcp", own_page, BODY)).await;
    let exposed = refused.header("access-control-expose-headers").unwrap();
    for name in ["DPoP-Nonce", "WWW-Authenticate"] {
        assert!(exposed.split(", ").any(|it| it == name), "{refused:?}");
    }
}
