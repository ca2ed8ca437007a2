//! Option B: one configuration that passes, and one edit per row.

mod clients;
mod dpop;
mod lifetimes;
mod providers;
mod rules;
mod secrets;
mod trusted_issuers;

use super::{BASE, edited, parse, refuses_in};
use crate::config::{Config, SecretSource, Storage};

/// A configuration of Option B that passes, with every section that a row may edit.
pub(super) const OPTION_B: &str = r#"public_url = "https://mcp.example.com"

[listen]
address = "0.0.0.0:8443"
tls = { certificate = "cert.pem", key = "key.pem" }

[[server]]
path = "/mcp"
upstream = { http = "http://127.0.0.1:3000/mcp" }
scopes = ["mcp"]

[outbound]
allow_loopback = false

[third_party]
storage = { redb = "state.redb" }
master_key = { file = "master.key" }
retry_window = "60s"

[third_party.sessions]
idle_timeout = "30d"

[third_party.registration]
enabled = true

[third_party.client_metadata_documents]
enabled = true

[[third_party.client]]
client_id = "app"
name = "App"
redirect_uris = ["https://app.example.com/cb"]
auth = "client_secret_basic"
client_secret = { env = "APP_SECRET" }

[[third_party.provider]]
id = "github"
preset = "github"
client_id = "Ov23"
client_secret = { env = "GITHUB_SECRET" }
allow = { organizations = ["my-org"] }

[[third_party.provider]]
id = "staff"
preset = "local"
name = "Staff"

[[third_party.provider.account]]
username = "alice"
password_hash = "$argon2id$v=19$m=19456,t=2,p=1$wwICYHBcIpWofTHVvgnUAQ$1NFz5pYdx7UsR4iYIkZ4L/8k2EynxmGpZ8yyDfaDzDA"
"#;

#[track_caller]
fn accepts(from: &str, to: &str) -> Config {
    parse(&edited(OPTION_B, from, to)).unwrap_or_else(|error| panic!("{to}: {error}"))
}

/// The refusal must stand at the line where `to` begins.
#[track_caller]
fn refuses(from: &str, to: &str, key: &str, message: &str) {
    refuses_in(OPTION_B, from, to, key, message);
}

/// The same where the line is another one, such as that of the section around a key that is missing.
#[track_caller]
fn refuses_somewhere(from: &str, to: &str, key: &str, message: &str) {
    let error = parse(&edited(OPTION_B, from, to)).err().unwrap_or_else(|| panic!("{to} must be refused"));
    assert_eq!(error.key(), key, "{error}");
    assert!(error.message().contains(message) && error.line().is_some(), "{error}");
}

#[test]
fn the_base_passes() {
    let config = accepts("id = \"github\"", "id = \"github\"");
    let third_party = config.third_party.unwrap();
    assert_eq!((third_party.providers.len(), third_party.clients.len()), (2, 1));
    assert!(third_party.registration.enabled && third_party.authorization_response_iss);
}

#[test]
fn a_build_with_option_b_and_without_the_section_is_option_a() {
    let config = parse(BASE).unwrap();
    assert!(config.third_party.is_none());
    let error = parse(&OPTION_B.replace("third_party", "thirdparty")).unwrap_err();
    assert!(error.message().contains("unknown field `thirdparty`"), "{error}");
}

#[test]
fn the_gateway_is_the_only_authorization_server() {
    let second = format!("{OPTION_B}\n[[authorization_server]]\nissuer = \"https://as.example.com/\"\n");
    let error = parse(&second).unwrap_err();
    assert_eq!(error.key(), "authorization_server[0]", "{error}");
    assert!(error.message().contains("the gateway is the only authorization server"), "{error}");
    let scopes = "scopes = [\"mcp\"]";
    accepts(scopes, "name = \"Files\"");
    refuses(scopes, "audiences = [\"x\"]", "server[0].audiences", "tokens of other authorization servers");
    let issuers = "authorization_servers = [\"https://mcp.example.com\"]";
    let error = parse(&edited(OPTION_B, scopes, issuers)).unwrap_err();
    assert_eq!(error.key(), "server[0].authorization_servers[0]", "{error}");
}

#[test]
fn o15_the_state_is_in_one_file_in_a_database_or_in_memory() {
    let from = "storage = { redb = \"state.redb\" }";
    let storage = |to: &str| accepts(from, to).third_party.unwrap().storage;
    assert_eq!(
        storage("storage = { redb = \"/var/lib/gw.redb\" }"),
        Storage::Redb("/var/lib/gw.redb".into())
    );
    assert_eq!(storage("storage = { memory = true }"), Storage::Memory);
    let database = "storage = { postgres = { env = \"DATABASE_URL\" } }";
    assert_eq!(storage(database), Storage::Postgres(SecretSource::Env("DATABASE_URL".to_owned())));
    let key = "third_party.storage";
    let two = "{ redb = \"a\", postgres = { env = \"A\" } }";
    for to in [two, "{}", "{ memory = false }", "{ redb = \"\" }", "{ redb = \"a\", memory = true }"] {
        refuses(from, &format!("storage = {to}"), key, "write `{ redb =");
    }
    refuses(
        from,
        "storage = { postgres = \"x\" }",
        "third_party.storage.postgres",
        "a secret must not stand in this file",
    );
    refuses(from, "storage = { sqlite = \"x\" }", "third_party.storage.sqlite", "expected one of");
    refuses(from, "storage = \"state.redb\"", key, "invalid type");
    refuses_somewhere(from, "", "third_party", "missing field `storage`");
}

#[test]
fn o09_o10_unknown_keys_are_refused_everywhere() {
    for (from, to, key) in [
        ("retry_window = \"60s\"", "retry = \"60s\"", "third_party.retry"),
        ("idle_timeout = \"30d\"", "cookie_domain = \"example.com\"", "third_party.sessions.cookie_domain"),
        ("idle_timeout = \"30d\"", "same_site = \"none\"", "third_party.sessions.same_site"),
        ("idle_timeout = \"30d\"", "secure = false", "third_party.sessions.secure"),
        ("retry_window = \"60s\"", "pkce = false", "third_party.pkce"),
        (
            "[third_party.registration]\nenabled = true",
            "[third_party.registration]\nenable = true",
            "third_party.registration.enable",
        ),
        (
            "[third_party.client_metadata_documents]\nenabled = true",
            "[third_party.client_metadata_documents]\nhost = []",
            "third_party.client_metadata_documents.host",
        ),
        ("name = \"App\"", "nam = \"App\"", "third_party.client[0].nam"),
        ("id = \"github\"", "id = \"github\"\nscope = []", "third_party.provider[0].scope"),
        (
            "id = \"github\"",
            "id = \"github\"\nendpoints = { authorize = \"https://x.example\" }",
            "third_party.provider[0].endpoints.authorize",
        ),
        (
            "id = \"github\"",
            "id = \"github\"\nclaims = { sub = \"x\" }",
            "third_party.provider[0].claims.sub",
        ),
        ("organizations = ", "organisations = ", "third_party.provider[0].allow.organisations"),
        ("username = ", "user = ", "third_party.provider[1].account[0].user"),
    ] {
        let error = parse(&edited(OPTION_B, from, to)).unwrap_err();
        assert_eq!(error.key(), key, "{error}");
        assert!(error.message().contains("unknown field"), "{error}");
    }
}
