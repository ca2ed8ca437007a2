use oauth_types::{ManualClock, UnixTime};
use serde_json::{Value, json};
use test_support::{
    fake_http::{FakeHttp, Reply},
    issuer::{NOW, TestIssuer},
};

use super::{
    assert_found, codes, load,
    ways_out::{authorization_server, open_to},
};
use crate::{
    check::{Findings, offline, online},
    config::ClientKeys,
};

const QUIET: &str = r#"public_url = "https://mcp.example"
sessions = { key = { file = "session.key" } }
[listen]
address = "0.0.0.0:443"
tls = { certificate = "cert.pem", key = "key.pem" }
[[server]]
path = "/mcp"
upstream = { http = "http://127.0.0.1:3000/mcp" }
scopes = ["mcp"]
scope_descriptions = { mcp = "Use the tools" }
[third_party]
storage = { redb = "state.redb" }
master_key = { file = "master.key" }
[third_party.registration]
enabled = true
[third_party.client_metadata_documents]
enabled = false
[[third_party.provider]]
id = "work"
preset = "oidc"
issuer = "https://as.example"
client_id = "gw"
client_secret = { env = "SECRET" }
pkce = true
allow = { groups = ["staff"] }
"#;

const ACCOUNTS: &str = r#"
[[third_party.provider]]
id = "staff"
preset = "local"
[[third_party.provider.account]]
username = "alice"
password_hash = "$argon2id$v=19$m=19456,t=2,p=1$wwICYHBcIpWofTHVvgnUAQ$1NFz5pYdx7UsR4iYIkZ4L/8k2EynxmGpZ8yyDfaDzDA"
"#;

/// The quiet configuration has no `code`, and has it once `from` is `to`.
#[track_caller]
fn check(code: &str, from: &str, to: &str) {
    assert_eq!(QUIET.matches(from).count(), 1, "{from}");
    assert_found(code, false, &offline(&load(QUIET)));
    assert_found(code, true, &offline(&load(&QUIET.replace(from, to))));
}

#[test]
fn a_quiet_configuration_is_explained_without_a_warning() {
    let findings = offline(&load(&format!("{QUIET}{ACCOUNTS}")));
    let expected = ["certificate_good", "server", "option_b", "provider_callback", "local_accounts"];
    assert_eq!(codes(&findings), expected, "{findings}");
    let text = findings.to_string();
    assert!(text.contains("tokens of https://mcp.example"), "{text}");
    assert!(text.contains("register this redirect URI at work: https://mcp.example/callback/work"), "{text}");
    assert!(text.contains("state.redb, for one process at a time; access tokens for 1h; grants end after 30d unused, after 180d"), "{text}");
}

#[test]
fn option_b_has_its_warnings() {
    check("storage_memory", "storage = { redb = \"state.redb\" }", "storage = { memory = true }");
    check("clients_shut_out", "enabled = true", "enabled = false");
    check("scope_words_missing", "scope_descriptions = { mcp = \"Use the tools\" }", "");
    check("provider_everybody", "groups = [\"staff\"]", "everybody = true");
    check("provider_public_client", "client_secret = { env = \"SECRET\" }", "");
    check("provider_pkce_off", "pkce = true", "pkce = false");
    let plain = format!("{QUIET}{ACCOUNTS}")
        .replace("https://mcp.example", "http://127.0.0.1:8443")
        .replace("0.0.0.0", "127.0.0.1")
        .replace("tls = { certificate = \"cert.pem\", key = \"key.pem\" }", "");
    assert_found("passwords_plain_http", true, &offline(&load(&plain)));
    assert_found("passwords_plain_http", false, &offline(&load(&format!("{QUIET}{ACCOUNTS}"))));
}

#[test]
fn o11_a_group_that_no_account_is_in_is_said() {
    let rule = "[[server.rule]]\ntools = [\"x\"]\nallow = { claims = { groups = [\"staff:admins\", \"work:board\"] } }\n";
    let named = QUIET.replace("[third_party]\n", &format!("{rule}[third_party]\n"));
    let nobody = offline(&load(&format!("{named}{ACCOUNTS}")));
    assert_found("rule_group_empty", true, &nobody);
    assert!(
        nobody.to_string().contains("a rule names `staff:admins`, and no account is in that group"),
        "{nobody}"
    );
    assert_eq!(
        codes(&nobody).iter().filter(|it| **it == "rule_group_empty").count(),
        1,
        "of others nobody knows"
    );
    let somebody = format!("{named}{ACCOUNTS}groups = [\"admins\"]\n");
    assert_found("rule_group_empty", false, &offline(&load(&somebody)));
}

#[test]
fn a_configured_client_can_come_where_others_are_shut_out() {
    let closed = QUIET.replace("enabled = true", "enabled = false");
    let client = "[[third_party.client]]\nclient_id = \"app\"\nname = \"App\"\n\
        redirect_uris = [\"https://app.example/cb\"]\n";
    assert_found("clients_shut_out", true, &offline(&load(&closed)));
    assert_found("clients_shut_out", false, &offline(&load(&format!("{closed}{client}"))));
    let job = "[[third_party.client]]\nclient_id = \"job\"\nname = \"Job\"\nauth = \"private_key_jwt\"\n\
        keys = { jwks_uri = \"https://job.example/jwks\" }\n";
    let asking = format!("{closed}{job}introspect = true\n");
    assert_found("clients_shut_out", true, &offline(&load(&asking)));
    let acting = format!("{closed}{job}client_credentials = [\"mcp\"]\n");
    assert_found("clients_shut_out", false, &offline(&load(&acting)));
}

const METADATA: &str = "https://as.example/.well-known/openid-configuration";
const JWKS: &str = "https://as.example/jwks";

fn json_reply(value: &Value) -> Reply {
    Reply::Answer { status: http::StatusCode::OK, body: value.to_string().into() }
}

fn status_reply(status: u16) -> Reply {
    Reply::Answer { status: http::StatusCode::from_u16(status).unwrap(), body: "{}".into() }
}

fn metadata() -> Value {
    json!({
        "issuer": "https://as.example",
        "authorization_endpoint": "https://as.example/authorize",
        "token_endpoint": "https://as.example/token",
        "jwks_uri": JWKS,
        "response_types_supported": ["code"],
    })
}

fn good() -> FakeHttp {
    let http = FakeHttp::new();
    http.set(METADATA, json_reply(&metadata()));
    http.set(JWKS, json_reply(&TestIssuer::new("https://as.example").jwks()));
    http.set("https://as.example/authorize", status_reply(400));
    http.set("https://as.example/token", status_reply(405));
    http
}

/// Whose signed words `/token` takes.
const SIGNERS: &str = r#"
[[third_party.trusted_issuer]]
id = "corp"
issuer = "https://as.example"
clients = ["app"]
allow = { everybody = true }
[[third_party.client]]
client_id = "app"
name = "App"
auth = "private_key_jwt"
keys = { jwks_uri = "https://app.example/jwks" }
client_credentials = ["mcp"]
"#;

async fn ask_signers(http: &FakeHttp) -> Findings {
    let clock = ManualClock::new(UnixTime::from_seconds(NOW));
    let loaded = load(&format!("{QUIET}{SIGNERS}"));
    online::third_party_keys::check(&loaded.config, (http, http), &clock).await
}

#[tokio::test]
async fn keys_of_trusted_issuers_and_of_clients_are_looked_at() {
    let app = "https://app.example/jwks";
    let http = good();
    http.set("https://as.example/.well-known/oauth-authorization-server", status_reply(404));
    http.set(app, json_reply(&TestIssuer::new("https://app.example").jwks()));
    let findings = ask_signers(&http).await;
    assert_eq!(codes(&findings), ["metadata_found", "keys_usable", "keys_usable"], "{findings}");

    http.set(app, status_reply(500));
    let findings = ask_signers(&http).await;
    assert_found("keys_unreachable", true, &findings);
    assert!(findings.to_string().contains("third_party.client[0].keys"), "{findings}");

    http.set(app, json_reply(&json!({ "keys": [] })));
    http.set(METADATA, status_reply(404));
    let findings = ask_signers(&http).await;
    assert_eq!(codes(&findings), ["metadata_missing", "keys_unusable"], "{findings}");
    assert_eq!(findings.iter().next().unwrap().subject, "third_party.trusted_issuer[0].issuer");
}

/// Strangers register clients too, so their keys are fetched as `serve` fetches them: from public addresses.
#[tokio::test]
async fn a_private_network_is_open_for_keys_of_trusted_issuers_and_not_of_clients() {
    let server = authorization_server();
    let jwks_uri = || Some(ClientKeys::JwksUri(format!("{}/jwks", server.origin()).parse().unwrap()));
    let mut loaded = load(&format!("{QUIET}{SIGNERS}"));
    let third_party = loaded.config.third_party.as_mut().unwrap();
    third_party.providers.clear();
    third_party.trusted_issuers[0].keys = jwks_uri();
    third_party.clients[0].keys = jwks_uri();
    open_to(&mut loaded, &server);
    let findings = online(&loaded).await;
    let keys = findings.iter().filter(|it| it.code.as_str().starts_with("keys_"));
    let keys: Vec<_> = keys.map(|it| (it.subject.as_str(), it.code.as_str())).collect();
    assert_eq!(
        keys,
        [
            ("third_party.trusted_issuer[0].keys", "keys_usable"),
            ("third_party.client[0].keys", "keys_unreachable")
        ],
        "{findings}"
    );
}

async fn ask(http: &FakeHttp, text: &str) -> Findings {
    let clock = ManualClock::new(UnixTime::from_seconds(NOW));
    online::providers::check(&load(text).config, http, &clock).await
}

#[tokio::test]
async fn a_third_party_that_answers_is_found() {
    let findings = ask(&good(), &format!("{QUIET}{ACCOUNTS}")).await;
    assert_eq!(codes(&findings), ["provider_found"], "{findings}");
    assert!(findings.to_string().contains("token https://as.example/token"), "{findings}");
}

/// The good third party has no `code`, and has it once `url` answers otherwise.
async fn with(url: &str, reply: Reply, code: &str, subject: &str) {
    let http = good();
    assert_found(code, false, &ask(&http, QUIET).await);
    http.set(url, reply);
    let findings = ask(&http, QUIET).await;
    assert_eq!(codes(&findings), [code], "{findings}");
    assert_eq!(findings.iter().next().unwrap().subject, subject);
}

#[tokio::test]
async fn a_third_party_that_is_wrong_is_named() {
    let provider = "third_party.provider[0]";
    let mut other = metadata();
    other["issuer"] = "https://as.example/".into();
    with(METADATA, json_reply(&other), "provider_issuer_mismatch", &format!("{provider}.issuer")).await;
    with(METADATA, status_reply(404), "provider_metadata_unusable", &format!("{provider}.issuer")).await;
    let unreachable = "provider_endpoint_unreachable";
    with(JWKS, status_reply(404), unreachable, &format!("{provider}.endpoints.jwks")).await;
    let token = "https://as.example/token";
    with(token, status_reply(503), unreachable, &format!("{provider}.endpoints.token")).await;
}
