//! The configurations of the gateways: nothing but what must be said, all else is as it comes, the log at `info` included.

use std::{net::SocketAddr, path::Path};

use test_support::github::{CLIENT_ID, GithubServer};

use crate::{program::ROLE, tokens::ISSUER};

/// Tokens of somebody else, whose keys are in `keys.json` beside the configuration.
pub(crate) fn option_a(listen: SocketAddr, upstream: SocketAddr) -> String {
    of_others(&common(listen, upstream))
}

/// The same with rules, of which a call of `echo` passes all before the last.
pub(crate) fn with_rules(listen: SocketAddr, upstream: SocketAddr) -> String {
    of_others(&(common(listen, upstream) + RULES))
}

/// The same before a program: `program` in the role of the MCP server, for as many sessions as anybody opens.
pub(crate) fn with_program(listen: SocketAddr, program: &str) -> String {
    let server = server(listen, &format!("stdio = [{program:?}, {ROLE:?}]"));
    of_others(&(server + "[server.stdio]\nchildren = 10000\n"))
}

fn of_others(common: &str) -> String {
    format!(
        r#"{common}
[[authorization_server]]
issuer = "{ISSUER}"
keys = {{ file = "keys.json" }}
"#
    )
}

/// Tokens of its own, for everybody whom `github` signs in; the secrets are files beside the configuration.
pub(crate) fn option_b(
    listen: SocketAddr,
    upstream: SocketAddr,
    github: &GithubServer,
    store: &Path,
) -> String {
    let common = common(listen, upstream);
    let store = store.display();
    let url = |path| github.url(path);
    let (authorization, token) = (url("/login/oauth/authorize"), url("/login/oauth/access_token"));
    let userinfo = url("/user");
    format!(
        r#"{common}
[third_party]
storage = {{ redb = "{store}" }}
master_key = {{ file = "master.key" }}

[[third_party.provider]]
id = "github"
preset = "github"
client_id = "{CLIENT_ID}"
client_secret = {{ file = "github.secret" }}
allow = {{ everybody = true }}

[third_party.provider.endpoints]
authorization = "{authorization}"
token = "{token}"
userinfo = "{userinfo}"

[outbound]
allow_loopback = true
"#
    )
}

fn common(listen: SocketAddr, upstream: SocketAddr) -> String {
    server(listen, &format!("http = \"http://{upstream}/mcp\""))
}

fn server(listen: SocketAddr, upstream: &str) -> String {
    format!(
        r#"public_url = "http://{listen}"

[listen]
address = "{listen}"

[[server]]
path = "/mcp"
upstream = {{ {upstream} }}
scopes = ["mcp"]
"#
    )
}

const RULES: &str = r#"
[[server.rule]]
methods = ["prompts/*"]
deny = true

[[server.rule]]
tools = ["delete_*"]
require = ["mcp:admin"]

[[server.rule]]
tools = ["write_*", "move_file"]
require = ["mcp:write"]

[[server.rule]]
resources = ["file:///etc/*"]
deny = true

[[server.rule]]
tools = ["echo", "read_*"]
require = ["mcp"]
"#;
