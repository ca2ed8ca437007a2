use super::{Gateway, Issuer, Setup};

/// Whose tokens the gateways of [`one_server`] take.
pub(crate) const ISSUER: &str = "https://as.example";

/// The configuration of a gateway before one MCP server, with further lines for it.
pub(crate) fn one_server(listen: &str, upstream: &str, further: &str) -> String {
    let port = listen.rsplit(':').next().unwrap();
    format!(
        r#"public_url = "http://localhost:{port}"
[listen]
address = "{listen}"
[[authorization_server]]
issuer = "{ISSUER}"
keys = {{ file = "keys.json" }}
[[server]]
path = "/mcp"
upstream = {{ http = "{upstream}" }}
scopes = ["mcp"]
{further}"#
    )
}

impl Gateway {
    /// A gateway of [`one_server`] that knows the keys of `issuer`.
    pub(crate) fn before(upstream: &str, issuer: &Issuer, further: &str) -> Self {
        Setup::new().keys("keys", issuer).start(|listen| one_server(listen, upstream, further))
    }
}
