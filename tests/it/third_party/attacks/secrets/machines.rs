//! What programs show and get without a browser.

use serde_json::json;

use super::{Secrets, alice};
use crate::{
    support::{Answer, Gateway, Issuer, Setup},
    third_party::client::{Client, TokenAnswer, post_form},
};

/// An enterprise, and a client that proves itself by a key.
pub(super) struct Machines {
    enterprise: Issuer,
    job: Issuer,
}

impl Machines {
    pub(super) fn new() -> Self {
        Self {
            enterprise: Issuer::new("https://idp.acme.example"),
            job: Issuer::new("https://unused.example"),
        }
    }

    /// The files that the sections name.
    pub(super) fn known_to(&self, setup: Setup) -> Setup {
        let setup = setup.keys("acme", &self.enterprise).keys("job", &self.job);
        setup.file("agent.secret", AGENT_SECRET).file("files.secret", FILES_SECRET)
    }

    pub(super) fn sections(listen: &str, upstream: &str) -> String {
        SECTIONS.replace("PORT", listen.rsplit(':').next().unwrap()).replace("UPSTREAM", upstream)
    }

    /// A client for itself, a person by an assertion, an exchange for the next hop, and a sign-out that is told.
    pub(super) async fn live_through(&self, gateway: &Gateway, secrets: &mut Secrets) {
        secrets.add("secret of a configured client", AGENT_SECRET);
        secrets.add("secret of a configured client", FILES_SECRET);
        let token = async |form: &[(&str, &str)]| post_form(&gateway.url("/token"), form).await;

        let proof = self.job.token(gateway.origin()).header("typ", "JWT").claim("iss", "job");
        let proof = proof.claim("sub", "job").claim("jti", "proof-of-the-job").sign();
        secrets.add_signed("client assertion", &proof);
        let answer = token(&[
            ("grant_type", "client_credentials"),
            ("client_id", "job"),
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            ("client_assertion", &proof),
            ("resource", &gateway.url("/mcp")),
        ])
        .await;
        secrets.add_signed("token of a client for itself", &access_token(&answer));

        let assertion = self.enterprise.token(gateway.origin()).header("typ", "oauth-id-jag+jwt");
        let assertion = assertion.claim("client_id", "agent").claim("resource", gateway.url("/mcp"));
        let assertion = assertion.claim("groups", vec!["staff"]).claim("jti", "assertion").sign();
        secrets.add_signed("identity assertion", &assertion);
        let form = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
            ("client_id", "agent"),
            ("client_secret", AGENT_SECRET),
            ("assertion", &assertion),
        ];
        secrets.add_signed("token for an assertion", &access_token(&token(&form).await));
        let again = token(&form).await;
        assert_eq!(again.refusal(), (400, "invalid_grant".to_owned()), "refusals are told of as well");

        exchange(gateway, secrets).await;
        self.tell_of_a_sign_out(gateway, secrets).await;
    }

    /// The one that is told of has no keys that could be fetched: what cannot be proven is not repeated either.
    async fn tell_of_a_sign_out(&self, gateway: &Gateway, secrets: &mut Secrets) {
        let event = json!({ "http://schemas.openid.net/event/backchannel-logout": {} });
        let token = self.enterprise.token("gateway").header("typ", "logout+jwt").claim("events", event);
        let token = token.claim("jti", "sign-out").claim("sid", "canary-of-the-sid").sign();
        secrets.add_signed("logout token", &token);
        let answer = post_form(&gateway.url("/backchannel-logout/github"), &[("logout_token", &token)]).await;
        assert_eq!(answer.status, 400, "{}", answer.body);
    }
}

async fn exchange(gateway: &Gateway, secrets: &mut Secrets) {
    let client = Client::register(gateway).await;
    let asked = client.asks_for(&[("resource", &gateway.url("/mcp"))]);
    let code = client.code(&alice(), &asked).await;
    let tokens = client.redeem(&code, &asked.verifier).await.tokens();
    secrets.add_tokens(&tokens);
    let form = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
        ("client_id", "files"),
        ("client_secret", FILES_SECRET),
        ("subject_token", &tokens.access),
        ("subject_token_type", "urn:ietf:params:oauth:token-type:access_token"),
        ("resource", &gateway.url("/search")),
    ];
    let answer = post_form(&gateway.url("/token"), &form).await;
    secrets.add_signed("exchanged token", &access_token(&answer));
}

#[track_caller]
fn access_token(answer: &Answer) -> String {
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()["access_token"].as_str().unwrap().to_owned()
}

const AGENT_SECRET: &str = "YWdlbnQtc2VjcmV0LW9mLXRoZS10ZXN0cy0wMTIzNDU2Nzg5";
const FILES_SECRET: &str = "ZmlsZXMtc2VjcmV0LW9mLXRoZS10ZXN0cy0wMTIzNDU2Nzg5";
const SECTIONS: &str = r#"
[[third_party.client]]
client_id = "agent"
name = "Agent of the enterprise"
redirect_uris = ["https://agent.example/callback"]
auth = "client_secret_post"
client_secret = { file = "agent.secret" }
[[third_party.client]]
client_id = "files"
name = "The files server itself"
auth = "client_secret_post"
client_secret = { file = "files.secret" }
token_exchange = { server = "/mcp", targets = [{ resource = "http://localhost:PORT/search", scopes = ["mcp"] }] }
[[third_party.client]]
client_id = "job"
name = "Job with a key"
auth = "private_key_jwt"
keys = { file = "job.json" }
client_credentials = ["mcp"]
[[third_party.trusted_issuer]]
id = "acme"
issuer = "https://idp.acme.example"
keys = { file = "acme.json" }
clients = ["agent"]
allow = { groups = ["staff"] }
[[server]]
path = "/search"
upstream = { http = "UPSTREAM" }
scopes = ["mcp"]
"#;
