use std::{collections::BTreeMap, path::PathBuf};

use oauth_types::{Issuer, ScopeToken};
use serde::Deserialize;
use url::Url;

use super::{
    Anonymous, ApiKeys, DpopMode, Loopback, RulesDefault, ServerCredential, ServerIdentity, ServerQuota,
    ServerRule, ServerStdio, Upstream,
};
use crate::config::value::{AllowedAudience, EndpointPath, FieldName, Period, text};

/// One protected MCP server: a path on the gateway and what is behind it.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// Its path on the gateway, such as `/mcp`; requests must name it exactly.
    /// It starts with `/`, does not end with one, and holds letters, digits, `-`, `.`, `_` and `~` only.
    pub path: EndpointPath,
    /// Its name for people (`resource_name` of RFC 9728).
    pub name: Option<String>,
    /// The MCP server behind this path: `{ http = "http://127.0.0.1:3000/mcp" }`,
    /// `{ unix = "/run/mcp.sock", path = "/mcp" }`, `{ sse = "http://127.0.0.1:3000/sse" }` for the transport of 2024,
    /// or a program that is started, `{ stdio = ["python3", "/srv/server.py"] }`.
    pub upstream: Upstream,
    /// Scopes that every request must have; also what the metadata and the challenge name.
    #[serde(default, deserialize_with = "text::list")]
    #[cfg_attr(feature = "schema", schemars(with = "Vec<String>"))]
    pub scopes: Vec<ScopeToken>,
    /// Scopes that not every request needs, and that the metadata names for clients to ask for all the same.
    /// Those that rules require are among them without being written here.
    #[serde(default, deserialize_with = "text::list")]
    #[cfg_attr(feature = "schema", schemars(with = "Vec<String>"))]
    pub offered_scopes: Vec<ScopeToken>,
    /// What scopes allow, in words for people, on the consent page of Option B:
    /// `{ "files:write" = "Change your files" }`.
    /// A scope without words is shown by its name.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(with = "BTreeMap<String, String>"))]
    pub scope_descriptions: BTreeMap<ScopeToken, String>,
    /// Values of `aud` that mean this server, compared exactly.
    /// Without this key it is the resource identifier alone.
    pub audiences: Option<Vec<AllowedAudience>>,
    /// Issuers whose tokens count here, each with its own `[[authorization_server]]`.
    /// Without this key they all count.
    #[serde(default, deserialize_with = "text::some_list")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<Vec<String>>"))]
    pub authorization_servers: Option<Vec<Issuer>>,
    /// Tokens that are bound to a key of their client (DPoP, RFC 9449): `"offered"` takes them and plain bearer tokens
    /// too, `"required"` takes nothing else, `"off"` refuses them.
    /// A bound token that comes without its proof is refused in each case.
    #[serde(default)]
    pub dpop: DpopMode,
    /// Demand in each proof a nonce of the gateway, so that none can be made beforehand.
    /// The first request of a client is refused with the nonce, and each answer brings the next one.
    /// Several gateways that stand for one another need the same `sessions.key`.
    #[serde(default)]
    pub dpop_nonce: bool,
    /// API keys beside tokens; none without this key.
    pub api_keys: Option<ApiKeys>,
    /// Requests without any credential, for chosen operations; none without this key.
    pub anonymous: Option<Anonymous>,
    /// Requests without any credential from this machine; none without this key.
    pub loopback: Option<Loopback>,
    /// Page for developers (`resource_documentation` of RFC 9728).
    pub documentation: Option<Url>,
    /// Page about the use of data (`resource_policy_uri` of RFC 9728).
    pub policy: Option<Url>,
    /// Terms of service (`resource_tos_uri` of RFC 9728).
    pub terms: Option<Url>,
    /// What becomes of operations that no rule is about: calls of tools, prompts, resources, completions and tasks.
    /// Without this key `"allow"`.
    /// Where there are rules or this key, methods that no revision of MCP has are denied unless a rule allows them;
    /// handshakes, lists, notifications and answers pass unless a rule says otherwise.
    pub rules_default: Option<RulesDefault>,
    /// Who may do what; without rules, whoever has `scopes` may do everything.
    #[serde(rename = "rule", default)]
    pub rules: Vec<ServerRule>,
    /// Reduce the lists of tools, prompts and resources to what the caller may use by the rules of this server.
    /// An answer that cannot be understood is refused with 502, since nobody knows what it lists.
    /// The requests and answers of this server are read then, also on event streams.
    #[serde(default)]
    pub filter_lists: bool,
    /// How often somebody may ask.
    #[serde(rename = "quota", default)]
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub quotas: Vec<ServerQuota>,
    /// What the upstream learns about the caller; not for a program, which gets no headers.
    #[serde(default)]
    pub identity: ServerIdentity,
    /// What lets the gateway in at the upstream; nothing without this section.
    pub credential: Option<ServerCredential>,
    /// How requests are forwarded.
    #[serde(default)]
    pub http: ServerHttp,
    /// What the processes of a `{ stdio = […] }` upstream may use.
    #[serde(default)]
    pub stdio: ServerStdio,
}

impl Server {
    /// Where clients post messages, if the upstream speaks HTTP+SSE.
    #[must_use]
    pub fn messages_path(&self) -> Option<String> {
        let is_legacy = matches!(self.upstream, Upstream::Sse(_));
        is_legacy.then(|| format!("{}/message", self.path.as_str().trim_end_matches('/')))
    }
}

/// How requests are forwarded to one upstream.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct ServerHttp {
    /// Further request headers to pass to the upstream, beside those that MCP needs.
    pub request_headers: Vec<FieldName>,
    /// Further response headers to pass to the client, beside those that MCP needs.
    pub response_headers: Vec<FieldName>,
    /// PEM files with further certificate authorities for this upstream.
    pub ca_files: Vec<PathBuf>,
    /// Time to connect to the upstream, TLS included; `100ms` to `1m`.
    pub connect_timeout: Period,
    /// Time from the request to the head of the upstream's response; `1s` to `1h`.
    pub response_timeout: Period,
    /// Silence on an event stream after which a comment is sent to keep it open; `1s` to `5m`.
    pub keep_alive: Period,
    /// How long the upstream may go on with a call of a client that left, for protocol revisions before 2026-07-28,
    /// in which leaving is no cancellation; `0s` to `1h`.
    pub drain: Period,
}

impl Default for ServerHttp {
    fn default() -> Self {
        Self {
            request_headers: Vec::new(),
            response_headers: Vec::new(),
            ca_files: Vec::new(),
            connect_timeout: Period::from_secs(5),
            response_timeout: Period::from_secs(5 * 60),
            keep_alive: Period::from_secs(15),
            drain: Period::from_secs(5 * 60),
        }
    }
}

impl Server {
    /// Every scope that a token may have here: of each request, of rules, and those offered beside them.
    pub fn known_scopes(&self) -> impl Iterator<Item = &ScopeToken> {
        let of_rules = self.rules.iter().flat_map(|it| &it.require);
        self.scopes.iter().chain(&self.offered_scopes).chain(of_rules)
    }

    /// Whether operations are judged one by one.
    #[must_use]
    pub fn has_rules(&self) -> bool {
        !self.rules.is_empty() || self.rules_default.is_some()
    }
}
