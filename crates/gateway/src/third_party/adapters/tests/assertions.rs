//! Signed statements of third parties and of clients.

use std::{sync::Arc, time::Duration};

use oauth_client::{ExpectedIdToken, IdTokenError, IdTokenVerifier};
use oauth_server::{AssertionKeys, ClientAssertionError, ClientAssertionVerifier};
use oauth_types::{ManualClock, UnixTime};
use serde_json::json;
use test_support::{
    fake_http::{FakeHttp, Reply},
    issuer::{NOW, TestIssuer, TestKey, TokenBuilder},
};

use crate::third_party::adapters::{ClientAssertions, IdTokens};

const ISSUER: &str = "https://idp.example";
const KEYS: &str = "https://idp.example/jwks";
const OK: Result<(), &str> = Ok(());

struct World {
    issuer: TestIssuer,
    http: FakeHttp,
    clock: Arc<ManualClock>,
}

impl World {
    fn new() -> Self {
        let issuer = TestIssuer::new(ISSUER);
        let http = FakeHttp::new();
        http.set(KEYS, Reply::json(&issuer.jwks()));
        Self { issuer, http, clock: Arc::new(ManualClock::new(UnixTime::from_seconds(NOW))) }
    }

    fn id_token(&self) -> TokenBuilder {
        self.issuer.token().header("typ", "JWT").claim("aud", "gateway")
    }

    async fn verify_id_token(&self, token: &TokenBuilder) -> Result<(), &'static str> {
        let verifier =
            IdTokens::new(Arc::new(self.http.clone()), self.clock.clone(), Duration::from_secs(60));
        let (issuer, client_id, jwks_uri) =
            (ISSUER.parse().unwrap(), "gateway".parse().unwrap(), KEYS.parse().unwrap());
        let expected = ExpectedIdToken { issuer: &issuer, client_id: &client_id, jwks_uri: &jwks_uri };
        match verifier.verify(&token.sign(), expected).await {
            Ok(claims) => {
                assert_eq!(claims["sub"], "alice");
                Ok(())
            }
            Err(IdTokenError::Invalid(why)) => Err(why),
            Err(IdTokenError::Keys(_)) => Err("keys"),
        }
    }

    async fn verify_assertion(
        &self,
        token: &TokenBuilder,
        keys: AssertionKeys<'_>,
    ) -> Result<(), &'static str> {
        let verifier = ClientAssertions::new(Arc::new(self.http.clone()), self.clock.clone());
        match verifier.verify(&token.sign(), keys).await {
            Ok(claims) => {
                assert_eq!(claims["sub"], "alice");
                Ok(())
            }
            Err(ClientAssertionError::Invalid(why)) => Err(why),
            Err(ClientAssertionError::Keys(_)) => Err("keys"),
        }
    }
}

#[tokio::test]
async fn j07_an_id_token_must_be_by_from_and_for_whom_it_should() {
    let world = World::new();
    let good = world.id_token();
    let at = |seconds: u64| NOW + seconds;
    let rows = [
        (good.clone(), OK),
        (good.clone().without_header("typ"), OK),
        (good.clone().claim("aud", json!(["other", "gateway"])), OK),
        (good.clone().claim("nbf", at(60)), OK),
        (good.clone().claim("iat", at(60)), OK),
        (good.clone().claim("exp", NOW - 59), OK),
        (good.clone().claim("iss", "https://idp.example/"), Err("`iss` is another issuer")),
        (good.clone().without("iss"), Err("`iss` is another issuer")),
        (good.clone().claim("aud", "gatewa"), Err("`aud` lacks this client")),
        (good.clone().claim("aud", json!(["other"])), Err("`aud` lacks this client")),
        (good.clone().claim("aud", 7), Err("`aud` lacks this client")),
        (good.clone().without("aud"), Err("`aud` lacks this client")),
        (good.clone().without("sub"), Err("`sub` is missing")),
        (good.clone().claim("sub", 7), Err("`sub` is missing")),
        (good.clone().without("exp"), Err("`exp` is missing or no time")),
        (good.clone().claim("exp", "soon"), Err("`exp` is missing or no time")),
        (good.clone().claim("exp", NOW - 60), Err("the token has expired")),
        (good.clone().without("iat"), Err("`iat` is missing or no time")),
        (good.clone().claim("iat", at(61)), Err("`iat` is in the future")),
        (good.clone().claim("nbf", at(61)), Err("the token is not valid yet")),
        (good.clone().claim("nbf", "now"), Err("the token is not valid yet")),
        (good.clone().header("typ", "at+jwt"), Err("`typ` is that of another kind of token")),
        (good.clone().header("typ", "logout+jwt"), Err("`typ` is that of another kind of token")),
        (good.clone().header("alg", "none"), Err("the signature algorithm of the token is not accepted")),
        (good.clone().header("jwk", json!({})), Err("the header of the token is not acceptable")),
        (
            good.clone().key(&TestKey::generate("ES256", "key-1")),
            Err("the signature of the token is not valid"),
        ),
        (good.clone().header("kid", "key-9"), Err("the token is signed with an unknown key")),
    ];
    for (token, expected) in rows {
        let outcome = world.verify_id_token(&token).await;
        assert_eq!(outcome, expected, "{} {}", token.header_text(), token.claims_text());
    }
    world.http.set(KEYS, Reply::status(500));
    assert_eq!(world.verify_id_token(&good).await, Err("keys"));
}

#[tokio::test]
async fn a_client_assertion_is_proven_by_the_keys_that_the_client_declares() {
    let world = World::new();
    let (inline, uri) = (world.issuer.jwks(), KEYS.parse().unwrap());
    let nobodys = TestIssuer::new(ISSUER).jwks();
    let good = world.issuer.token().header("typ", "JWT");
    for keys in [AssertionKeys::Inline(&inline), AssertionKeys::Uri(&uri)] {
        assert_eq!(world.verify_assertion(&good, keys).await, OK);
        let typed = good.clone().header("typ", "client-authentication+jwt");
        assert_eq!(world.verify_assertion(&typed, keys).await, OK);
        for typ in ["at+jwt", "dpop+jwt", "logout+jwt"] {
            let outcome = world.verify_assertion(&good.clone().header("typ", typ), keys).await;
            assert_eq!(outcome, Err("`typ` is that of another kind of token"));
        }
        let outcome = world.verify_assertion(&good.clone().header("alg", "none"), keys).await;
        assert_eq!(outcome, Err("the signature algorithm of the token is not accepted"));
    }
    let outcome = world.verify_assertion(&good, AssertionKeys::Inline(&nobodys)).await;
    assert_eq!(outcome, Err("the signature of the token is not valid"));
    let outcome = world.verify_assertion(&good, AssertionKeys::Inline(&json!({ "keys": [] }))).await;
    assert_eq!(outcome, Err("the key set of the client has no usable key"));
    world.http.set(KEYS, Reply::status(404));
    assert_eq!(world.verify_assertion(&good, AssertionKeys::Uri(&uri)).await, Err("keys"));
}
