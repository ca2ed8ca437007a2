//! Each code has a row that gets it, and a twin that differs in one thing and does not.

mod authorization_servers;
mod certificates;
mod configurations;
mod report;
#[cfg(feature = "third-party")]
mod state;
#[cfg(feature = "third-party")]
mod third_party;
mod upstreams;
mod ways_out;

use std::fs;

use tempfile::TempDir;

use super::Findings;
use crate::config::{Config, Loaded};

/// The gateway's own secret in these tests.
const SECRET: &str = "Zk8WqP4vT1xNb6Ry";

/// Reads a configuration as `check` does, from a folder with a certificate for `mcp.example`.
#[track_caller]
fn load(text: &str) -> Loaded {
    use std::os::unix::fs::PermissionsExt;

    let folder = TempDir::new().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    };
    let pair = rcgen::generate_simple_self_signed(["mcp.example".to_owned()]).unwrap();
    write("cert.pem", &pair.cert.pem());
    write("key.pem", &pair.signing_key.serialize_pem());
    write("session.key", "kX9vQ2mLr7TzB4nWc8YpJ5sHd1FgUe3A");
    let identity = rcgen::KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap();
    write("identity.pem", &identity.serialize_pem());
    write(
        "jwks.json",
        r#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#,
    );
    write("weak.json", r#"{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB"}]}"#);
    write("master.key", "9LSWqdO3zQ1Y5tRZxk7mVb2uJ0cHnE8gPa6fTIwDyKo=");
    write("gateway.toml", text);
    let environment = |name: &str| (name == "SECRET").then(|| SECRET.to_owned());
    Config::load(&folder.path().join("gateway.toml"), &environment).unwrap_or_else(|error| panic!("{error}"))
}

fn codes(findings: &Findings) -> Vec<&'static str> {
    findings.iter().map(|it| it.code.as_str()).collect()
}

/// The findings have `code` exactly where they should.
#[track_caller]
fn assert_found(code: &str, is_expected: bool, findings: &Findings) {
    assert_eq!(codes(findings).contains(&code), is_expected, "{code}\n{findings}");
}
