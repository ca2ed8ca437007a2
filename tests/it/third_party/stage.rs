//! The gateway as authorization server, with what stands around it.

use std::process::{Command, Stdio};
use std::sync::LazyLock;

use crate::support::{Gateway, Part, Person, Setup};

/// A gateway before an MCP server, and perhaps a third party.
pub(super) struct Stage {
    pub(super) gateway: Gateway,
    pub(super) third_party: Option<Part>,
    _upstream: Option<Part>,
}

impl Stage {
    /// Built-in accounts only, before the Python server.
    pub(super) fn local() -> Self {
        let upstream = Part::start("server-python.py", &[]);
        let gateway = gateway(&upstream.url("/mcp"), LOCAL, "");
        Self { gateway, third_party: None, _upstream: Some(upstream) }
    }

    /// Built-in accounts, and the OpenID provider of the tests as `corp`.
    pub(super) fn with_corp() -> Self {
        let upstream = Part::start("server-python.py", &[]);
        let third_party = Part::start("third-party.mjs", &[]);
        let providers = format!("{LOCAL}{}", corp(third_party.origin()));
        let gateway = gateway(&upstream.url("/mcp"), &providers, "");
        Self { gateway, third_party: Some(third_party), _upstream: Some(upstream) }
    }

    /// What clients are given.
    pub(super) fn url(&self) -> String {
        self.gateway.url("/mcp")
    }
}

/// A gateway with these sections of providers, and further lines of `[third_party]`.
pub(super) fn gateway(upstream: &str, providers: &str, further: &str) -> Gateway {
    setup().start(|listen| configuration(listen, upstream, providers, further))
}

/// The files that every configuration here names.
pub(super) fn setup() -> Setup {
    Setup::new()
        .file("master.key", MASTER_KEY)
        .file("corp.secret", "gateway-secret-of-the-tests")
        .file("gone.secret", "another-secret-of-the-tests")
}

pub(super) fn configuration(listen: &str, upstream: &str, providers: &str, further: &str) -> String {
    let port = listen.rsplit(':').next().unwrap();
    let providers = providers.replace("PASSWORD_HASH", &PASSWORD_HASH);
    format!(
        r#"public_url = "http://localhost:{port}"
[listen]
address = "{listen}"
[outbound]
allow_loopback = true
[[server]]
path = "/mcp"
name = "Notes of the tests"
upstream = {{ http = "{upstream}" }}
scopes = ["mcp"]
scope_descriptions = {{ mcp = "Read and write your notes" }}
[third_party]
storage = {{ redb = "state.redb" }}
master_key = {{ file = "master.key" }}
{further}
{providers}
"#
    )
}

/// alice, who signs in with a password of the gateway's own.
pub(super) fn alice() -> Person {
    alice_with(PASSWORD)
}

/// alice, who types this password.
pub(super) fn alice_with(password: &str) -> Person {
    Person::new()
        .types("username", "alice")
        .types("password", password)
        .presses("decision=signed-in")
        .presses("decision=provider:local")
}

/// alice, who signs in at the OpenID provider.
pub(super) fn corp_alice() -> Person {
    corp_person("alice", "wonderland")
}

/// Somebody who signs in at the OpenID provider.
pub(super) fn corp_person(name: &str, password: &str) -> Person {
    Person::new()
        .types("login", name)
        .types("password", password)
        .presses("decision=signed-in")
        .presses("decision=provider:corp")
        .presses("decision=sign-in")
        .presses("decision=allow")
}

/// The section of the OpenID provider.
pub(super) fn corp(issuer: &str) -> String {
    format!(
        r#"
[[third_party.provider]]
id = "corp"
preset = "oidc"
name = "Corp"
issuer = "{issuer}"
client_id = "gateway"
client_secret = {{ file = "corp.secret" }}
token_auth = "basic"
allow = {{ groups = ["staff"] }}
"#
    )
}

/// The section of the built-in accounts.
pub(super) const LOCAL: &str = r#"
[[third_party.provider]]
id = "local"
preset = "local"
name = "Tests"
[[third_party.provider.account]]
username = "alice"
password_hash = "PASSWORD_HASH"
name = "Alice Liddell"
"#;

pub(super) const PASSWORD: &str = "wonderland-of-the-tests";
pub(super) const MASTER_KEY: &str = "bWFzdGVyLWtleS1vZi10aGUtdGVzdHMtMDEyMzQ1Njc4OQ==";

static PASSWORD_HASH: LazyLock<String> = LazyLock::new(|| hash_of(PASSWORD));

/// What the program itself makes of a password.
pub(super) fn hash_of(password: &str) -> String {
    use std::io::Write;
    let mut child = Command::new(env!("CARGO_BIN_EXE_mcp-gateway"))
        .arg("hash-password")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(format!("{password}\n").as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}
