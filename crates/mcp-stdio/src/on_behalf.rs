use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::{BoxError, Variable};

/// For whom a request is forwarded.
///
/// The caller has authenticated the client; nothing here may come from the client's own headers.
#[derive(Clone, Debug)]
pub struct OnBehalf {
    /// Who calls: issuer, subject and client, joined so that no two callers share a text.
    ///
    /// Children and MCP sessions are theirs; it is not sent anywhere.
    pub principal: Arc<str>,
    /// When an event stream ends, counted from now: the token's remaining life. `None` means never.
    pub stream_until: Option<Duration>,
    /// Ends open event streams at once: shutdown.
    pub cancel: CancellationToken,
    /// The same for streams that only listen, which may end earlier.
    pub listening_ends: CancellationToken,
    /// What a child rests on that is started for this request.
    pub tenant: Arc<dyn Tenant>,
}

/// The one for whom children are started.
#[async_trait::async_trait]
pub trait Tenant: Debug + Send + Sync {
    /// Watches whether anybody may still act for them; `None` if not.
    ///
    /// Asked once for each child, which keeps the watch.
    fn watch(&self) -> Option<Box<dyn TenantEnd>>;

    /// Environment variables that are theirs alone, such as their credential for a third party.
    ///
    /// Asked once for each child; they come behind those of the configuration and must not repeat a name.
    ///
    /// # Errors
    /// Whatever keeps them from being known now; the child is not started then.
    async fn environment(&self) -> Result<Vec<Variable>, BoxError>;
}

/// The end of a tenant to come; it is told for as long as this is kept.
pub trait TenantEnd: Debug + Send {
    /// Cancelled when nobody may act for them any more.
    fn token(&self) -> &CancellationToken;
}
