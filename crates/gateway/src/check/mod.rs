//! What `mcp-gateway check` finds: the configuration explained, its risks, and what is at the other ends of it.
//!
//! [`offline`] says what a configuration that was loaded means and which of its switches deserve a second thought.
//! [`online`] asks everything it points at: authorization servers the way MCP clients and the gateway ask them,
//! and MCP servers through the very proxy that `serve` uses.
//! [`explain`] says which rule of a server decides about an operation.
//! No finding holds a secret.

mod code;
mod explain;
mod findings;
mod offline;
mod online;
mod reference;
mod rule_text;
mod shown;
mod subject;

pub use self::{
    code::{FindingCode, Severity},
    explain::{Explanation, NoExplanation, Question, explain},
    findings::{Finding, Findings},
    offline::offline,
    online::online,
    reference::reference_markdown,
};

pub use mcp_policy::ToolHints;
pub use oauth_types::Scope;

use crate::config::ConfigError;

/// The claims of a token by their names.
pub type Claims = serde_json::Map<String, serde_json::Value>;

/// Reads claims; `None` for a text that is no JSON object.
#[must_use]
pub fn claims(text: &str) -> Option<Claims> {
    serde_json::from_str(text).ok()
}

/// The one finding about a configuration that cannot be loaded.
#[must_use]
pub fn refused(error: &ConfigError) -> Findings {
    let mut findings = Findings::default();
    let place =
        error.line().map_or_else(|| error.file().to_owned(), |line| format!("{}:{line}", error.file()));
    findings.add(FindingCode::ConfigurationRefused, error.key(), format!("{place}: {}", error.message()));
    findings
}

#[cfg(test)]
mod tests;
