use std::{
    fmt,
    sync::{Arc, OnceLock},
};

use async_trait::async_trait;
use http::HeaderMap;
use mcp_proxy::CredentialRenewal;

use super::{CredentialError, Holder, Placement, UpstreamToken, UserCredentials};

/// Another credential for one request, should the upstream refuse the first.
pub(crate) struct Renewal {
    source: Arc<dyn UserCredentials>,
    placement: Placement,
    holder: Holder,
    first: UpstreamToken,
    /// What the upstream is sent beside the credential.
    others: HeaderMap,
    failure: OnceLock<CredentialError>,
}

impl Renewal {
    pub(super) fn new(
        source: Arc<dyn UserCredentials>,
        placement: Placement,
        (holder, first): (Holder, UpstreamToken),
        others: HeaderMap,
    ) -> Self {
        Self { source, placement, holder, first, others, failure: OnceLock::new() }
    }

    /// Why there was no other credential, if one was asked for and there was none.
    pub(crate) fn failure(&self) -> Option<&CredentialError> {
        self.failure.get()
    }
}

#[async_trait]
impl CredentialRenewal for Renewal {
    async fn renew(&self) -> Option<HeaderMap> {
        let another = self.source.replace(&self.holder, &self.first).await;
        let field = another.and_then(|it| self.placement.field(&it).ok_or_else(CredentialError::unusable));
        match field {
            Ok((name, value)) => {
                let mut headers = self.others.clone();
                headers.insert(name, value);
                Some(headers)
            }
            Err(error) => {
                // Asked once for a request.
                let _ = self.failure.set(error);
                None
            }
        }
    }
}

impl fmt::Debug for Renewal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Renewal").field("placement", &self.placement).finish_non_exhaustive()
    }
}
