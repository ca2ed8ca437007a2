//! What an authorization server of our own adds to a configuration at work.

use std::sync::Arc;

use axum::Router;
use token_validate::IssuerPolicy;

use crate::access::{GrantCheck, NoGrants};

/// The gateway's own authorization server, as the rest of the gateway sees it; by default there is none.
#[derive(Debug)]
pub(crate) struct OwnAuthorizationServer {
    /// The rules for tokens that it issues.
    pub(crate) issuers: Vec<IssuerPolicy>,
    /// Whether the grants behind them live.
    pub(crate) grants: Arc<dyn GrantCheck>,
    /// Its endpoints and pages.
    pub(crate) router: Router,
}

impl Default for OwnAuthorizationServer {
    fn default() -> Self {
        Self { issuers: Vec::new(), grants: Arc::new(NoGrants), router: Router::new() }
    }
}
