use serde::Deserialize;

use super::{
    Admin, Audit, AuthorizationServer, Limits, Listen, Log, Outbound, Server, Sessions, ThirdParty,
    Validation,
};
use crate::config::value::{HostName, PublicUrl, WebOrigin};

/// The configuration of `mcp-gateway`: one TOML file.
///
/// Unknown keys are refused.
/// Durations are texts such as `"15s"`, `"5m"`, `"1h 30m"` or `"30d"`.
/// Sizes are bytes or texts such as `"32KiB"` or `"4MiB"`.
/// Relative paths are resolved against the folder of the file.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The origin that clients type: `https`, or `http` on a loopback host for development.
    /// It has no path, no query and no user name.
    /// The resource identifier of a server is this origin followed by the server's `path`.
    pub public_url: PublicUrl,
    /// Further `Host` values, with port if not the default one, under which requests are accepted.
    /// The host of `public_url` is always accepted.
    #[serde(default)]
    pub hosts: Vec<HostName>,
    /// Web origins whose pages may call the MCP endpoints, such as `https://inspector.example.com`.
    /// Compared exactly; there is no wildcard and no `null`.
    #[serde(default)]
    pub allowed_origins: Vec<WebOrigin>,
    /// Where connections are accepted.
    pub listen: Listen,
    /// The protected MCP servers, at least one; each is its own resource.
    #[serde(rename = "server", default)]
    #[cfg_attr(feature = "schema", schemars(!default, length(min = 1)))]
    pub servers: Vec<Server>,
    /// The authorization servers whose tokens are accepted: at least one, or `[third_party]` instead.
    #[serde(rename = "authorization_server", default)]
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub authorization_servers: Vec<AuthorizationServer>,
    /// The gateway as authorization server (Option B), instead of `[[authorization_server]]`.
    pub third_party: Option<ThirdParty>,
    /// Bounds on what clients may use up.
    #[serde(default)]
    pub limits: Limits,
    /// What is logged, and how.
    #[serde(default)]
    pub log: Log,
    /// Who did what, apart from the log.
    pub audit: Option<Audit>,
    /// What the gateway itself may fetch.
    #[serde(default)]
    pub outbound: Outbound,
    /// Protection of the MCP session ids of protocol revisions up to 2025-11-25.
    #[serde(default)]
    pub sessions: Sessions,
    /// The socket for the commands of operators.
    #[serde(default)]
    pub admin: Admin,
    /// Token validation, for every authorization server.
    #[serde(default)]
    pub validation: Validation,
}
