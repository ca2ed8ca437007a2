use std::fmt;

use async_trait::async_trait;
use http::HeaderMap;

/// Has another credential for a request whose first one the upstream refuses; a port of whoever forwards for somebody.
#[async_trait]
pub trait CredentialRenewal: fmt::Debug + Send + Sync {
    /// All headers for the upstream, in place of those in [`OnBehalf::headers`](crate::OnBehalf::headers), which it
    /// answered 401 to.
    ///
    /// Called once for a request at the most. `None` means that there is no other credential: the request ends then.
    async fn renew(&self) -> Option<HeaderMap>;
}
