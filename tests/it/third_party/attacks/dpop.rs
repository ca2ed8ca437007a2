//! Tokens that the gateway binds to a key of their client, and thieves without it (RFC 9449).

use http::Request;
use oauth_types::{Clock, SystemClock};
use test_support::issuer::{TestKey, TokenBuilder};
use url::form_urlencoded;

use super::{INVALID_GRANT, echo};
use crate::{
    support::{Answer, Gateway, call, get, tool_call},
    third_party::{
        client::{Asked, Client, TokenAnswer, Tokens},
        stage::{LOCAL, alice, gateway},
    },
};

/// A client with a key of its own, registered at a gateway.
struct Scene {
    gateway: Gateway,
    client: Client,
    key: TestKey,
    _upstream: test_support::upstream::RecordingUpstream,
}

impl Scene {
    /// With further lines of `[third_party]`.
    async fn with(further: &str) -> Self {
        let upstream = echo().await;
        let gateway = gateway(&upstream.uri("/mcp").to_string(), LOCAL, further);
        let client = Client::register(&gateway).await;
        Self { gateway, client, key: TestKey::generate("ES256", "client"), _upstream: upstream }
    }

    /// A proof for a token request.
    fn proof(&self, key: &TestKey) -> TokenBuilder {
        fresh(key, &self.gateway.url("/token"))
    }

    /// A token request with this proof.
    async fn token(&self, form: &[(&str, &str)], proof: Option<&TokenBuilder>) -> Answer {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let request = Request::post(self.gateway.url("/token"));
        let mut request = request.header("content-type", "application/x-www-form-urlencoded");
        if let Some(proof) = proof {
            request = request.header("dpop", proof.sign());
        }
        call(request.body(body).unwrap()).await
    }

    async fn redeem(&self, asked: &Asked, code: &str, proof: Option<&TokenBuilder>) -> Answer {
        let form = [
            ("grant_type", "authorization_code"),
            ("client_id", &self.client.id),
            ("code", code),
            ("code_verifier", &asked.verifier),
            ("redirect_uri", &self.client.redirect_uri),
        ];
        self.token(&form, proof).await
    }

    async fn refresh(&self, token: &str, proof: Option<&TokenBuilder>) -> Answer {
        let form =
            [("grant_type", "refresh_token"), ("client_id", &*self.client.id), ("refresh_token", token)];
        self.token(&form, proof).await
    }

    /// Tokens that are bound to the key of the client.
    async fn bound(&self) -> Tokens {
        let asked = self.client.asks();
        let code = self.client.code(&alice(), &asked).await;
        let tokens = self.redeem(&asked, &code, Some(&self.proof(&self.key))).await.tokens();
        assert_eq!(tokens.whole["token_type"], "DPoP");
        tokens
    }

    /// What a call with this token and a proof by `key` comes to.
    async fn call_with(&self, token: &str, key: &TestKey) -> Answer {
        let url = self.gateway.url("/mcp");
        let proof = fresh(key, &url).beside(token).sign();
        let mut request = tool_call(&url, None);
        let headers = request.headers_mut();
        headers.insert("authorization", format!("DPoP {token}").parse().unwrap());
        headers.insert("dpop", proof.parse().unwrap());
        call(request).await
    }

    async fn call_plainly(&self, token: &str) -> Answer {
        call(tool_call(&self.gateway.url("/mcp"), Some(token))).await
    }
}

/// A proof of this moment for a POST.
pub(super) fn fresh(key: &TestKey, url: &str) -> TokenBuilder {
    key.proof("POST", url).claim("iat", SystemClock::new().now().as_seconds())
}

#[tokio::test(flavor = "multi_thread")]
async fn b25_a_stolen_token_of_ours_is_of_no_use_without_the_key() {
    let scene = Scene::with("").await;
    let (tokens, thief) = (scene.bound().await, TestKey::generate("ES256", "thief"));
    assert_eq!(scene.call_with(&tokens.access, &scene.key).await.status, 200);
    assert_eq!(scene.call_with(&tokens.access, &thief).await.status, 401);
    let plain = scene.call_plainly(&tokens.access).await;
    assert_eq!((plain.status.as_u16(), plain.json()["error"].as_str()), (401, Some("invalid_token")));

    for proof in [None, Some(scene.proof(&thief))] {
        let refused = scene.refresh(&tokens.refresh, proof.as_ref()).await;
        assert_eq!(refused.refusal(), (400, INVALID_GRANT.to_owned()));
    }
    let next = scene.refresh(&tokens.refresh, Some(&scene.proof(&scene.key))).await.tokens();
    assert_eq!(scene.call_with(&next.access, &scene.key).await.status, 200);
    assert_eq!(scene.call_plainly(&next.access).await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn rfc9449_5_who_sends_no_proof_gets_plain_tokens_as_ever() {
    let scene = Scene::with("").await;
    let tokens = scene.client.connect(&alice()).await;
    assert_eq!(tokens.whole["token_type"], "Bearer");
    assert_eq!(scene.call_plainly(&tokens.access).await.status, 200);
    assert_eq!(scene.call_with(&tokens.access, &scene.key).await.status, 401);
    let document = get(&scene.gateway.url("/.well-known/oauth-authorization-server")).await.json();
    assert_eq!(document["dpop_signing_alg_values_supported"][0], "ES256");
}

#[tokio::test(flavor = "multi_thread")]
async fn rfc9449_5_a_bad_proof_is_refused_and_leaves_the_code_good() {
    let scene = Scene::with("").await;
    let asked = scene.client.asks();
    let code = scene.client.code(&alice(), &asked).await;
    let good = scene.proof(&scene.key);
    let other = TestKey::generate("ES256", "other");
    for bad in [
        good.clone().claim("htu", scene.gateway.url("/mcp")),
        good.clone().claim("htu", "https://evil.example/token"),
        good.clone().claim("htm", "GET"),
        good.clone().claim("iat", 1_000_000_000),
        good.clone().header("typ", "JWT"),
        good.clone().header("jwk", other.public_jwk()),
    ] {
        let refused = scene.redeem(&asked, &code, Some(&bad)).await;
        assert_eq!(refused.refusal(), (400, "invalid_dpop_proof".to_owned()), "{}", refused.body);
    }
    let tokens = scene.redeem(&asked, &code, Some(&good)).await.tokens();
    let again = scene.refresh(&tokens.refresh, Some(&good)).await;
    assert_eq!(again.refusal(), (400, "invalid_dpop_proof".to_owned()), "a proof is good once");
    assert_eq!(scene.call_with(&tokens.access, &scene.key).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn rfc9449_8_the_token_endpoint_demands_a_nonce_where_it_is_told_to() {
    let scene = Scene::with("dpop_nonce = true").await;
    let asked = scene.client.asks();
    let code = scene.client.code(&alice(), &asked).await;
    let refused = scene.redeem(&asked, &code, Some(&scene.proof(&scene.key))).await;
    assert_eq!(refused.refusal(), (400, "use_dpop_nonce".to_owned()));
    assert!(refused.header("access-control-expose-headers").contains("DPoP-Nonce"));
    let with_nonce = scene.proof(&scene.key).claim("nonce", refused.header("dpop-nonce"));
    let answer = scene.redeem(&asked, &code, Some(&with_nonce)).await;
    assert_eq!(answer.tokens().whole["token_type"], "DPoP");
    assert_eq!(answer.header("dpop-nonce").len(), 22);
}

#[tokio::test(flavor = "multi_thread")]
async fn rfc9449_10_a_stolen_code_is_of_no_use_without_the_key_it_was_asked_with() {
    let scene = Scene::with("").await;
    let jkt = scene.key.thumbprint().to_string();
    let asked = scene.client.asks_for(&[("dpop_jkt", &jkt)]);
    let code = scene.client.code(&alice(), &asked).await;
    let thief = TestKey::generate("ES256", "thief");
    for proof in [None, Some(scene.proof(&thief))] {
        let refused = scene.redeem(&asked, &code, proof.as_ref()).await;
        assert_eq!(refused.refusal(), (400, INVALID_GRANT.to_owned()));
    }
    let tokens = scene.redeem(&asked, &code, Some(&scene.proof(&scene.key))).await.tokens();
    assert_eq!(scene.call_with(&tokens.access, &scene.key).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn rfc9449_where_bound_tokens_are_demanded_there_are_no_others() {
    let scene = Scene::with("dpop = \"required\"").await;
    let asked = scene.client.asks();
    let code = scene.client.code(&alice(), &asked).await;
    let refused = scene.redeem(&asked, &code, None).await;
    assert_eq!(refused.refusal(), (400, "invalid_dpop_proof".to_owned()));
    scene.redeem(&asked, &code, Some(&scene.proof(&scene.key))).await.tokens();
}

#[tokio::test(flavor = "multi_thread")]
async fn rfc9449_bound_grants_outlive_a_crash_with_their_key() {
    let mut scene = Scene::with("").await;
    let tokens = scene.bound().await;
    scene.gateway.crash_and_restart();
    let thief = TestKey::generate("ES256", "thief");
    let refused = scene.refresh(&tokens.refresh, Some(&scene.proof(&thief))).await;
    assert_eq!(refused.refusal(), (400, INVALID_GRANT.to_owned()));
    let next = scene.refresh(&tokens.refresh, Some(&scene.proof(&scene.key))).await.tokens();
    assert_eq!(scene.call_with(&next.access, &scene.key).await.status, 200);
}
