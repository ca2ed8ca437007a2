//! What `mcp-gateway check` finds: the configuration explained, its risks, and what is at the other ends of it.
//!
//! [`offline`] says what a configuration that was loaded means and which of its switches deserve a second thought.
//! [`online`] asks everything it points at: authorization servers the way MCP clients and the gateway ask them,
//! and MCP servers through the very proxy that `serve` uses.
//! No finding holds a secret.

mod causes;
mod code;
mod findings;
mod offline;
mod online;
mod reference;
mod shown;
mod subject;

pub use self::{
    code::{FindingCode, Severity},
    findings::{Finding, Findings},
    offline::offline,
    online::online,
    reference::reference_markdown,
};

use crate::config::ConfigError;

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
