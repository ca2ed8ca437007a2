use std::collections::BTreeMap;

use mcp_policy::{Pattern, UriPattern};
use oauth_types::{Issuer, ScopeToken};
use serde::Deserialize;
use serde_json::Value;

use crate::config::value::text;

/// Who may do what: the first rule that is about an operation decides about it.
///
/// A rule is about an operation when each of `methods`, names (`tools`, `prompts`, `resources`: one match is enough) and
/// annotations (`read_only`, `destructive`) that is written fits.
/// It is decided on the message in the body, so that the answer is the same in every revision; bodies of servers with
/// rules are read, up to `limits.body_bytes`, and passed on as they came.
/// A body that could be understood in two ways is refused.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ServerRule {
    /// Methods of MCP, with `*` for any text: `["prompts/*"]`.
    /// `GET` and `DELETE` stand for a stream and the end of a session in older revisions, `response` for an answer to a
    /// request of the server.
    #[serde(default, deserialize_with = "text::some_list")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<Vec<String>>"))]
    pub methods: Option<Vec<Pattern>>,
    /// Names of tools, with `*` for any text: `["delete_*"]`.
    #[serde(default, deserialize_with = "text::some_list")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<Vec<String>>"))]
    pub tools: Option<Vec<Pattern>>,
    /// Names of prompts, with `*` for any text.
    #[serde(default, deserialize_with = "text::some_list")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<Vec<String>>"))]
    pub prompts: Option<Vec<Pattern>>,
    /// URIs of resources in their canonical form, without percent-encoding, with `*` for any text: `["file:///etc/*"]`.
    /// A URI is judged in every way in which a server may read it, and each must be allowed.
    #[serde(default, deserialize_with = "text::some_list")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<Vec<String>>"))]
    pub resources: Option<Vec<UriPattern>>,
    /// Tools that say in the server's list that they change nothing (`readOnlyHint`), or those that do not.
    /// What no list has said since the gateway started counts as not said.
    pub read_only: Option<bool>,
    /// Tools that may destroy something (`destructiveHint`), which is what a tool does that says nothing, or those that
    /// say that they do not.
    pub destructive: Option<bool>,
    /// Scopes that the operation needs, beside `scopes` of the server; a client is told all of them at once.
    #[serde(default, deserialize_with = "text::list")]
    #[cfg_attr(feature = "schema", schemars(with = "Vec<String>"))]
    pub require: Vec<ScopeToken>,
    /// Who may; everybody without this key.
    pub allow: Option<RuleAllow>,
    /// Nobody may.
    #[serde(default)]
    pub deny: bool,
    /// Arguments of tools and prompts whose values the audit shall have when this rule decides: `["path"]`.
    /// Of a value that is long the beginning is kept.
    /// No other argument is written down.
    #[serde(default)]
    pub log_arguments: Vec<String>,
}

/// Who may do what a rule is about: whoever each list that is written names.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RuleAllow {
    /// Subjects: the claim `sub`, compared exactly.
    pub subjects: Option<Vec<String>>,
    /// Issuers; a subject is unique within one only.
    #[serde(default, deserialize_with = "text::some_list")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<Vec<String>>"))]
    pub issuers: Option<Vec<Issuer>>,
    /// OAuth clients, by `client_id`.
    pub clients: Option<Vec<String>>,
    /// Claims, each with a value or a list of values, of which the claim must be one or hold one:
    /// `{ groups = ["admins", "operators"] }`.
    /// A claim within another is written with a dot.
    /// They are those of the token.
    /// With `[third_party]` that is one of the gateway's own: beside `client_id` and `act` it has `groups`, `organizations`
    /// and `teams`, each value with the `id` of the provider that tells it before a colon:
    /// `{ groups = ["corp:admins"], teams = ["github:acme/ops"] }`.
    pub claims: Option<BTreeMap<String, Value>>,
}

/// What becomes of operations that no rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum RulesDefault {
    /// Whoever has `scopes` of the server may.
    Allow,
    /// Nobody may.
    Deny,
}

impl RuleAllow {
    /// The values of a claim, of which one is enough.
    #[must_use]
    pub fn values(value: &Value) -> &[Value] {
        match value {
            Value::Array(values) => values,
            one => std::slice::from_ref(one),
        }
    }
}
