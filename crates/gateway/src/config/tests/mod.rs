//! One configuration that passes, and one edit per row.
//!
//! The ids in the names are those of the threat table: configuration that is refused at start.

mod authorization_server;
mod credential;
mod documents;
mod limits;
mod listen;
mod oversight;
mod report;
mod rules;
mod server;
#[cfg(feature = "third-party")]
mod third_party;
mod values;
mod ways;

use super::{Config, ConfigError};

/// A configuration that passes, with every section that a row may edit.
const BASE: &str = r#"public_url = "https://mcp.example.com"
hosts = []
allowed_origins = []

[listen]
address = "0.0.0.0:8443"
tls = { certificate = "cert.pem", key = "key.pem" }

[[server]]
path = "/mcp"
upstream = { http = "http://127.0.0.1:3000/mcp" }
scopes = ["mcp"]

[server.identity]
jwt = { audience = "https://files.internal", lifetime = "60s", key = { file = "identity.pem" } }

[server.http]
request_headers = []
response_headers = []

[limits]
shutdown = "30s"

[outbound]
allow_loopback = false

[sessions]
key = { file = "session.key" }

[validation]
leeway = "60s"

[[authorization_server]]
issuer = "https://as.example.com/"
keys = "discovery"
algorithms = ["RS256"]
required_claims = { token_use = "access" }

[authorization_server.introspection]
endpoint = "https://as.example.com/introspect"
client_id = "gateway"
client_secret = { env = "CLIENT_SECRET" }
"#;

/// The base for development, where everything is on this machine.
const LOOPBACK: &str = r#"public_url = "http://127.0.0.1:8080"

[listen]
address = "127.0.0.1:8080"

[[server]]
path = "/mcp"
upstream = { http = "http://127.0.0.1:3000/mcp" }

[outbound]
allow_loopback = true

[[authorization_server]]
issuer = "http://127.0.0.1:9000"
"#;

fn parse(text: &str) -> Result<Config, ConfigError> {
    Config::parse(text, "gateway.toml")
}

/// `base` with the one place that reads `from` changed to `to`.
#[track_caller]
fn edited(base: &str, from: &str, to: &str) -> String {
    assert_eq!(base.matches(from).count(), 1, "the base must have {from:?} once");
    base.replace(from, to)
}

#[track_caller]
fn accepts(from: &str, to: &str) -> Config {
    let text = edited(BASE, from, to);
    parse(&text).unwrap_or_else(|error| panic!("{error}"))
}

/// The refusal must name the line where `to` begins and the key, and hold `message`.
#[track_caller]
fn refuses(from: &str, to: &str, key: &str, message: &str) {
    refuses_in(BASE, from, to, key, message);
}

#[track_caller]
fn refuses_in(base: &str, from: &str, to: &str, key: &str, message: &str) {
    let text = edited(base, from, to);
    let line = text.find(to).map(|at| text[..at].matches('\n').count() + 1);
    let error = parse(&text).err().unwrap_or_else(|| panic!("{to} must be refused"));
    assert_eq!((error.line(), error.key()), (line, key), "{error}");
    assert!(error.message().contains(message), "{error}");
    let report = error.to_string();
    let place = format!("--> gateway.toml:{}:", line.unwrap_or_default());
    assert!(report.contains(&place) && report.contains(message) && report.contains(key), "{report}");
}

#[test]
fn both_bases_pass() {
    for base in [BASE, LOOPBACK] {
        parse(base).unwrap_or_else(|error| panic!("{error}"));
    }
}
