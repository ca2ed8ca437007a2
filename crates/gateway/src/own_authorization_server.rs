//! What an authorization server of our own adds to a configuration at work.

use std::{fmt, sync::Arc};

use axum::Router;
use token_validate::IssuerPolicy;

use crate::{
    access::{GrantCheck, NoGrants},
    adapters::ThirdPartyCredentials,
};

/// The gateway's own authorization server, as the rest of the gateway sees it; by default there is none.
#[derive(Debug)]
pub(crate) struct OwnAuthorizationServer {
    /// The rules for tokens that it issues.
    pub(crate) issuers: Vec<IssuerPolicy>,
    /// Whether the grants behind them live.
    pub(crate) grants: Arc<dyn GrantCheck>,
    /// The tokens that third parties gave for its users.
    pub(crate) credentials: Option<Arc<dyn ThirdPartyCredentials>>,
    /// Its endpoints and pages.
    pub(crate) router: Router,
    /// What keeps it from issuing anything.
    pub(crate) hindrance: Hindrance,
}

/// Tells at any time what keeps an authorization server from doing its work, if anything does.
#[derive(Clone)]
pub(crate) struct Hindrance(Arc<dyn Fn() -> Option<String> + Send + Sync>);

impl Hindrance {
    /// Whatever `tell` finds.
    pub(crate) fn new(tell: impl Fn() -> Option<String> + Send + Sync + 'static) -> Self {
        Self(Arc::new(tell))
    }

    /// Its words for the log.
    pub(crate) fn now(&self) -> Option<String> {
        (self.0)()
    }
}

impl Default for Hindrance {
    fn default() -> Self {
        Self::new(|| None)
    }
}

impl fmt::Debug for Hindrance {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Hindrance").field(&self.now()).finish()
    }
}

impl Default for OwnAuthorizationServer {
    fn default() -> Self {
        Self {
            issuers: Vec::new(),
            grants: Arc::new(NoGrants),
            credentials: None,
            router: Router::new(),
            hindrance: Hindrance::default(),
        }
    }
}
