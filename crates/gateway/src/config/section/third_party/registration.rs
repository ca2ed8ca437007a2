use serde::Deserialize;

use crate::config::value::{HostName, Period, SecretSource};

/// Clients that register themselves (RFC 7591).
///
/// Most MCP clients do, or bring a client ID metadata document.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Registration {
    /// Whether clients may register themselves.
    pub enabled: bool,
    /// Initial access tokens, of which a client must show one to register; at least 32 bytes each.
    /// Without this key anybody may register a client, which gives no access to anything by itself.
    pub initial_access_tokens: Option<Vec<SecretSource>>,
    /// The only hosts that `https` redirect URIs of clients which register may have, such as `claude.ai`.
    /// Redirects to loopback addresses are not concerned; private-use schemes are refused while there is a list.
    /// Without this key: any host.
    pub client_hosts: Option<Vec<HostName>>,
    /// New clients that may register in a minute, from everywhere together; 1 to 100,000.
    /// Whoever registers again with the same metadata is no new client, and not counted.
    pub per_minute: u32,
    /// New clients that may register in a minute from one client address; 1 to 100,000.
    /// Hosted clients register for many people from few addresses.
    pub per_minute_of_an_address: u32,
    /// Registered clients that are kept; 10 to 1,000,000.
    /// Beyond that the oldest one makes room that nobody has signed in with.
    pub max_clients: u32,
    /// How long a client is kept that nobody has signed in with; `1h` to `90d`.
    pub unused_for: Period,
    /// How long a client is kept after its last use, never less than its grants; `24h` to `3650d`.
    pub expire_after: Period,
}

impl Default for Registration {
    fn default() -> Self {
        Self {
            enabled: true,
            initial_access_tokens: None,
            client_hosts: None,
            per_minute: 600,
            per_minute_of_an_address: 60,
            max_clients: 10_000,
            unused_for: Period::from_secs(24 * 60 * 60),
            expire_after: Period::from_days(90),
        }
    }
}
