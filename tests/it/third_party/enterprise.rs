//! Tokens for identity assertions of an enterprise (MCP "Enterprise-Managed Authorization").

use test_support::{issuer::TokenBuilder, upstream::RecordingUpstream};

use super::{
    attacks::{echo, until},
    client::{TokenAnswer, post_form},
    documents::Documents,
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

/// The reload that takes the enterprise out, or lets other people in, ends what its assertions gave before.
#[tokio::test(flavor = "multi_thread")]
async fn g38_a_reload_that_changes_the_enterprise_ends_what_it_gave() {
    let stage = Enterprise::start().await;
    let token = async |jti: &str| {
        let answer = stage.bring(&stage.assertion(jti)).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()["access_token"].as_str().unwrap().to_owned()
    };
    let configuration = std::fs::read_to_string(stage.gateway.path("gateway.toml")).unwrap();
    let first = token("1").await;
    stage.gateway.rewrite("gateway.toml", &format!("# The same.\n{configuration}"));
    stage.gateway.wait_for("the configuration was reloaded");
    assert_eq!(stage.calls(&first).await, 200);

    let more = configuration.replace(r#"["staff"]"#, r#"["staff", "guests"]"#);
    stage.gateway.rewrite("gateway.toml", &more);
    until("what the section of before gave has ended", async || stage.calls(&first).await == 401).await;
    let second = token("2").await;
    assert_eq!(stage.calls(&second).await, 200, "the person still may come in, by a new assertion");

    let (without, _) = configuration.split_once("[[third_party.trusted_issuer]]").unwrap();
    stage.gateway.rewrite("gateway.toml", without);
    until("what the enterprise gave has ended", async || stage.calls(&second).await == 401).await;
    assert_eq!(stage.gateway.output().matches("issuer_changed").count(), 2, "{}", stage.gateway.output());
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

/// A client that nobody registered: its document has its keys, and it proves to have them.
#[tokio::test(flavor = "multi_thread")]
async fn g10_a_client_by_document_brings_an_assertion_and_proves_itself() {
    let upstream = echo().await;
    let (enterprise, client) =
        (Issuer::new("https://idp.acme.example"), Issuer::new("https://unused.example"));
    let keys: serde_json::Value = serde_json::from_str(&client.jwks()).unwrap();
    let documents = Documents::publish_with(serde_json::json!({
        "token_endpoint_auth_method": "private_key_jwt",
        "jwks": keys,
    }))
    .await;
    let (ours, others) = (documents.url("/agent.json"), documents.url("/other.json"));
    let sections =
        format!("{LOCAL}{SECTIONS}").replace("clients = [\"agent\"]", &format!("clients = [{ours:?}]"));
    let setup = setup().file("agent.secret", SECRET).keys("acme", &enterprise);
    let gateway = documents.gateway_with(setup, &upstream.uri("/mcp").to_string(), &sections);
    let assertion = |client_id: &str, jti: &str| {
        let token = enterprise.token(gateway.origin()).header("typ", "oauth-id-jag+jwt");
        let token = token.claim("client_id", client_id).claim("resource", gateway.url("/mcp"));
        token.claim("groups", vec!["staff"]).claim("jti", jti).sign()
    };
    let proof = |signer: &Issuer, client_id: &str, jti: &str| {
        let token = signer.token(gateway.origin()).header("typ", "JWT").claim("iss", client_id);
        token.claim("sub", client_id).claim("jti", jti).sign()
    };
    let bring = async |client_id: &str, assertion: &str, proof: &str| {
        let form = [
            ("grant_type", GRANT_TYPE),
            ("assertion", assertion),
            ("client_id", client_id),
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            ("client_assertion", proof),
        ];
        post_form(&gateway.url("/token"), &form).await
    };
    let good = assertion(&ours, "1");
    // With a key that is not in the document, and as another client with a document of the same keys.
    let thief = Issuer::new("https://unused.example");
    let refused = bring(&ours, &good, &proof(&thief, &ours, "p1")).await;
    assert_eq!(refused.refusal(), (401, "invalid_client".to_owned()), "{}", refused.body);
    let refused = bring(&others, &good, &proof(&client, &others, "p2")).await;
    assert_eq!(refused.refusal(), (400, "unauthorized_client".to_owned()), "{}", refused.body);
    let refused = bring(&ours, &assertion(&others, "2"), &proof(&client, &ours, "p3")).await;
    assert_eq!(refused.refusal(), (400, "invalid_grant".to_owned()), "{}", refused.body);

    let answer = bring(&ours, &good, &proof(&client, &ours, "p4")).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let token = answer.json()["access_token"].as_str().unwrap().to_owned();
    assert_eq!(call(tool_call(&gateway.url("/mcp"), Some(&token))).await.status, 200);
    let again = bring(&ours, &good, &proof(&client, &ours, "p5")).await;
    assert_eq!(again.refusal(), (400, "invalid_grant".to_owned()), "used before");
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
