//! Identity assertions of enterprises.

use std::sync::Arc;

use oauth_client::{AllowRules, ClaimMapping};
use oauth_server::{IdentityAssertionError, IdentityAssertions};
use oauth_types::{ManualClock, UnixTime};
use serde_json::json;
use test_support::{
    fake_http::{FakeHttp, Reply},
    issuer::{NOW, TestIssuer, TestKey, TokenBuilder},
};
use token_validate::KeySet;

use crate::third_party::adapters::{Enterprise, EnterpriseKeys, Enterprises};

const WRONG: Result<String, &str> = Err("`typ` is not oauth-id-jag+jwt");
const ISSUER: &str = "https://idp.acme.example";

struct World {
    issuer: TestIssuer,
    http: FakeHttp,
}

impl World {
    fn new() -> Self {
        let (issuer, http) = (TestIssuer::new(ISSUER), FakeHttp::new());
        let (metadata, jwks) = issuer.urls();
        http.set(&metadata, Reply::json(&issuer.metadata()));
        http.set(&jwks, Reply::json(&issuer.jwks()));
        Self { issuer, http }
    }

    fn assertion(&self) -> TokenBuilder {
        self.issuer.token().header("typ", "oauth-id-jag+jwt").claim("groups", json!(["staff"]))
    }

    fn trusting(&self, keys: EnterpriseKeys) -> Enterprises {
        let rules = AllowRules { groups: ["staff".to_owned()].into(), ..AllowRules::default() };
        let enterprise =
            Enterprise { id: "acme".parse().unwrap(), keys, claims: ClaimMapping::default(), rules };
        let clock = Arc::new(ManualClock::new(UnixTime::from_seconds(NOW)));
        Enterprises::new([(ISSUER.parse().unwrap(), enterprise)].into(), Arc::new(self.http.clone()), clock)
    }

    /// The subject of the person that the assertion speaks of, or why it gives nothing.
    async fn check(&self, assertion: &str) -> Result<String, &'static str> {
        let enterprises = self.trusting(EnterpriseKeys::Metadata);
        let told = |error| match error {
            IdentityAssertionError::Invalid(why) | IdentityAssertionError::NotAllowed(why) => why,
            IdentityAssertionError::Keys(_) => "keys",
        };
        let issuer = ISSUER.parse().unwrap();
        let claims = enterprises.verify(&issuer, assertion).await.map_err(told)?;
        let person = enterprises.person(&issuer, &claims).map_err(told)?;
        Ok(person.to_subject().unwrap().as_str().to_owned())
    }
}

#[tokio::test]
async fn an_assertion_names_its_person_wherever_the_keys_are() {
    let world = World::new();
    let assertion = world.assertion().sign();
    assert_eq!(world.check(&assertion).await, Ok("acme:alice".to_owned()));
    let inline = KeySet::from_jwks_json(world.issuer.jwks().to_string().as_bytes()).unwrap().0;
    let uri = world.issuer.urls().1.parse().unwrap();
    for keys in [EnterpriseKeys::Inline(inline), EnterpriseKeys::Uri(uri)] {
        let issuer = ISSUER.parse().unwrap();
        let claims = world.trusting(keys).verify(&issuer, &assertion).await.unwrap();
        assert_eq!(claims["sub"], "alice");
    }
}

#[tokio::test]
async fn b23_an_assertion_is_of_no_other_kind() {
    let world = World::new();
    for typ in ["at+jwt", "JWT", "dpop+jwt", "client-authentication+jwt", "logout+jwt", "id-jag+jwt"] {
        assert_eq!(world.check(&world.assertion().header("typ", typ).sign()).await, WRONG, "{typ}");
    }
    assert_eq!(world.check(&world.assertion().without_header("typ").sign()).await, WRONG);
    for typ in ["OAUTH-ID-JAG+JWT", "application/oauth-id-jag+jwt"] {
        assert!(world.check(&world.assertion().header("typ", typ).sign()).await.is_ok(), "{typ}");
    }
}

#[tokio::test]
async fn g10_an_assertion_is_signed_by_a_key_of_its_issuer() {
    let world = World::new();
    let stranger = TestKey::generate("ES256", "stranger");
    let kid = world.issuer.key().jwk()["kid"].as_str().unwrap().to_owned();
    let forged = world.assertion().key(&stranger.named(&kid)).sign();
    assert!(world.check(&forged).await.is_err());
    assert_eq!(
        world.check(&world.assertion().header("alg", "none").with_signature(b"none")).await,
        Err("the signature algorithm of the token is not accepted")
    );
    assert!(world.check(&world.assertion().sign_hmac(b"secret")).await.is_err());
    assert!(world.check(&world.assertion().sign()).await.is_ok());
}

#[tokio::test]
async fn g38_the_allow_rules_count_for_assertions_too() {
    let world = World::new();
    let of = |groups: serde_json::Value| world.assertion().claim("groups", groups).sign();
    assert_eq!(world.check(&of(json!(["guests"]))).await, Err("no allow rule lets the person in"));
    assert_eq!(world.check(&of(json!(["guests", "staff"]))).await, Ok("acme:alice".to_owned()));
}

#[tokio::test]
async fn g27_keys_that_cannot_be_had_are_no_fault_of_the_assertion() {
    let world = World::new();
    let nowhere = World { issuer: TestIssuer::new(ISSUER), http: FakeHttp::new() };
    assert_eq!(nowhere.check(&world.assertion().sign()).await, Err("keys"));
    assert!(world.check(&world.assertion().sign()).await.is_ok());
}
