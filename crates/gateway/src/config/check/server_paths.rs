use std::collections::BTreeMap;

use crate::config::{
    Config,
    report::{KeyPath, Problem},
};

/// Every server has a path of its own, beside the gateway's.
///
/// Routes are exact, so `/mcp`, `/mcp2` and `/mcp/2` never answer for each other:
/// only the same path twice, or one of the gateway's own, is ambiguous.
pub(super) fn check(config: &Config) -> Result<(), Problem> {
    if config.servers.is_empty() {
        let message = "a `[[server]]` section is missing: write one with `path = \"/mcp\"` \
            and `upstream = { http = \"http://127.0.0.1:3000/mcp\" }`";
        return Err(Problem::new(KeyPath::root("server"), message));
    }
    let mut seen = BTreeMap::new();
    for (section, server) in super::servers(config) {
        let path = server.path.as_str();
        let key = section.key("path");
        if is_reserved(path) {
            let message =
                format!("`{path}` is one of the gateway's own paths: choose another, such as `/mcp`");
            return Err(Problem::new(key, message));
        }
        for path in [Some(path.to_owned()), server.messages_path()].into_iter().flatten() {
            if let Some(other) = seen.insert(path.clone(), section.clone()) {
                let message = format!("`{path}` is the path of `{other}` too: give each server its own");
                return Err(Problem::new(key, message));
            }
        }
    }
    Ok(())
}

fn is_reserved(path: &str) -> bool {
    let mut segments = path.split('/').skip(1);
    let first = segments.next().unwrap_or_default();
    RESERVED.contains(&first) || path.split('/').any(|segment| segment == ".well-known")
}

/// First segments of the gateway's own routes, of this build and of option B.
const RESERVED: [&str; 16] = [
    "healthz",
    "readyz",
    "authorize",
    "par",
    "token",
    "register",
    "revoke",
    "introspect",
    "jwks",
    "consent",
    "sign-in",
    "callback",
    "account",
    "connect",
    "assets",
    ".well-known",
];
