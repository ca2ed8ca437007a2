//! Tokens for identity assertions of an enterprise (MCP "Enterprise-Managed Authorization").

use test_support::{issuer::TokenBuilder, upstream::RecordingUpstream};

use super::{
    attacks::echo,
    client::{TokenAnswer, post_form},
    stage::{LOCAL, configuration, setup},
};
use crate::support::{Answer, Gateway, Issuer, call, get, tool_call};

/// A gateway that believes the assertions of one enterprise.
struct Enterprise {
    gateway: Gateway,
    issuer: Issuer,
    _upstream: RecordingUpstream,
}

impl Enterprise {
    async fn start() -> Self {
        let upstream = echo().await;
        let issuer = Issuer::new("https://idp.acme.example");
        let setup = setup().file("agent.secret", SECRET).keys("acme", &issuer);
        let sections = format!("{LOCAL}{SECTIONS}");
        let address = upstream.uri("/mcp").to_string();
        let gateway = setup.start(|listen| configuration(listen, &address, &sections, ""));
        Self { gateway, issuer, _upstream: upstream }
    }

    /// A good assertion in the making, about alice.
    fn assertion(&self, jti: &str) -> TokenBuilder {
        let resource = self.gateway.url("/mcp");
        self.issuer
            .token(self.gateway.origin())
            .header("typ", "oauth-id-jag+jwt")
            .claim("client_id", "agent")
            .claim("resource", resource)
            .claim("groups", vec!["staff"])
            .claim("jti", jti)
    }

    async fn bring(&self, assertion: &TokenBuilder) -> Answer {
        self.post("token", &[("grant_type", GRANT_TYPE), ("assertion", &assertion.sign())]).await
    }

    async fn post(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        let own = [("client_id", "agent"), ("client_secret", SECRET)];
        post_form(&self.gateway.url(&format!("/{path}")), &[&own, form].concat()).await
    }

    async fn calls(&self, token: &str) -> u16 {
        call(tool_call(&self.gateway.url("/mcp"), Some(token))).await.status.as_u16()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_assertion_of_the_enterprise_opens_the_server_until_it_is_revoked() {
    let stage = Enterprise::start().await;
    let metadata = get(&stage.gateway.url("/.well-known/oauth-authorization-server")).await.json();
    let profile = "urn:ietf:params:oauth:grant-profile:id-jag";
    assert_eq!(metadata["authorization_grant_profiles_supported"][0], profile);
    let answer = stage.bring(&stage.assertion("1")).await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("cache-control")),
        (200, "no-store"),
        "{}",
        answer.body
    );
    let answer = answer.json();
    assert!(answer.get("refresh_token").is_none(), "{answer}");
    let token = answer["access_token"].as_str().unwrap();
    assert_eq!(stage.calls(token).await, 200);
    let facts = stage.post("introspect", &[("token", token)]).await.json();
    assert_eq!((&facts["sub"], &facts["scope"]), (&"acme:alice".into(), &"mcp".into()), "{facts}");
    assert_eq!(stage.post("revoke", &[("token", token)]).await.status, 200);
    assert_eq!(stage.calls(token).await, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn g10_b23_no_other_assertion_opens_it() {
    let stage = Enterprise::start().await;
    let refused = (400, "invalid_grant".to_owned());
    let gateway = stage.gateway.origin();
    let other = Issuer::new("https://idp.acme.example");
    let stranger =
        |it: &Issuer| it.token(gateway).header("typ", "oauth-id-jag+jwt").claim("client_id", "agent");
    for bad in [
        stage.assertion("2").header("typ", "at+jwt"),
        stage.assertion("2").claim("aud", "https://other.example"),
        stage.assertion("2").claim("client_id", "somebody"),
        stage.assertion("2").claim("groups", vec!["guests"]),
        stage.assertion("2").claim("resource", "https://other.example/mcp"),
        stage.assertion("2").without("jti"),
        stranger(&other)
            .claim("resource", stage.gateway.url("/mcp"))
            .claim("groups", vec!["staff"])
            .claim("jti", "2"),
    ] {
        assert_eq!(stage.bring(&bad).await.refusal(), refused, "{}", bad.claims_text());
    }
    let good = stage.assertion("2");
    assert_eq!(stage.bring(&good).await.status, 200);
    assert_eq!(stage.bring(&good).await.refusal(), refused, "used before");
    // Nobody who cannot prove to be the client gains anything by a stolen assertion.
    let stolen = stage.assertion("3").sign();
    let form = [("grant_type", GRANT_TYPE), ("assertion", &stolen), ("client_id", "agent")];
    assert_eq!(
        post_form(&stage.gateway.url("/token"), &form).await.refusal(),
        (401, "invalid_client".to_owned())
    );
}

const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const SECRET: &str = "YWdlbnQtc2VjcmV0LW9mLXRoZS10ZXN0cy0wMTIzNDU2Nzg5";
const SECTIONS: &str = r#"
[[third_party.client]]
client_id = "agent"
name = "Agent of the enterprise"
redirect_uris = ["https://agent.example/callback"]
auth = "client_secret_post"
client_secret = { file = "agent.secret" }
[[third_party.trusted_issuer]]
id = "acme"
issuer = "https://idp.acme.example"
keys = { file = "acme.json" }
clients = ["agent"]
allow = { groups = ["staff"] }
"#;
