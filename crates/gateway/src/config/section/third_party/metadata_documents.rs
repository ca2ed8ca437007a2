use serde::Deserialize;

use crate::config::value::HostName;

/// Clients whose id is the URL of a document about them (OAuth client ID metadata documents).
///
/// The document is fetched from public `https` addresses only, and the consent page shows its host.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct ClientMetadataDocuments {
    /// Whether such clients are accepted.
    pub enabled: bool,
    /// Hosts whose documents are accepted, such as `claude.ai`.
    /// Clients of other hosts fail then, even where they could register: they choose this way first.
    /// Without this key: any host.
    pub hosts: Option<Vec<HostName>>,
}

impl Default for ClientMetadataDocuments {
    fn default() -> Self {
        Self { enabled: true, hosts: None }
    }
}
