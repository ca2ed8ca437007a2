use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderValue};
use tokio_util::sync::CancellationToken;

use crate::CredentialRenewal;

/// For whom a request is forwarded, and what the upstream may learn of them.
///
/// The caller has authenticated the client; nothing here may come from the client's own headers.
#[derive(Clone, Debug)]
pub struct OnBehalf {
    /// Who calls: issuer, subject and client, joined so that no two callers share a text.
    ///
    /// MCP session ids are bound to it; it is not sent anywhere.
    pub principal: Arc<str>,
    /// Headers for the upstream, such as an identity or a credential.
    ///
    /// They replace whatever the client sent under the same names.
    /// Framing and hop-by-hop headers do not belong here.
    pub headers: HeaderMap,
    /// Asked for other headers when the upstream answers 401, once; without it such an answer is final.
    pub renewal: Option<Arc<dyn CredentialRenewal>>,
    /// Sent as `X-Request-Id`, and named in an error text that replaces the upstream's own.
    pub request_id: HeaderValue,
    /// When an event stream ends, counted from now: the token's remaining life. `None` means never.
    pub stream_until: Option<Duration>,
    /// Ends open event streams at once: shutdown, a revoked grant.
    pub cancel: CancellationToken,
}

impl OnBehalf {
    /// On behalf of `principal`, with no headers for the upstream and no end of streams.
    #[must_use]
    pub fn new(principal: impl Into<Arc<str>>, request_id: HeaderValue) -> Self {
        Self {
            principal: principal.into(),
            headers: HeaderMap::new(),
            renewal: None,
            request_id,
            stream_until: None,
            cancel: CancellationToken::new(),
        }
    }
}
