//! What stands in for Option B in a build without it: its section never gets past [`Config::parse`](crate::config::Config::parse).

use std::sync::Arc;

use axum::Router;
use oauth_types::{Clock, Entropy};

use crate::{
    check::Findings, config::Loaded, metrics::Census, own_authorization_server::OwnAuthorizationServer,
    serve::StateFile,
};

/// No authorization server of our own.
#[derive(Debug)]
pub(crate) struct Resident;

/// Nothing to put to work.
#[derive(Debug)]
pub(crate) struct Prepared;

/// There is nothing that could fail.
#[derive(Debug, thiserror::Error)]
pub enum ResidentError {}

/// There is no state to look at.
pub(crate) async fn look_at_state(_: &Loaded) -> Findings {
    Findings::default()
}

impl Resident {
    /// Opens nothing.
    #[expect(clippy::unused_async, reason = "it stands in for one that waits")]
    pub(crate) async fn open(
        _: &Loaded,
        _: StateFile,
        _: Arc<dyn Clock>,
        _: Arc<dyn Entropy>,
    ) -> Result<Self, ResidentError> {
        Ok(Self)
    }

    /// Adds nothing.
    #[expect(clippy::unused_async, reason = "it stands in for one that waits")]
    pub(crate) async fn prepare(
        &self,
        _: &Loaded,
    ) -> Result<(OwnAuthorizationServer, Prepared), ResidentError> {
        Ok((OwnAuthorizationServer::default(), Prepared))
    }

    /// Changes nothing.
    #[expect(clippy::unused_self, reason = "it stands in for one with a state")]
    pub(crate) fn put_to_work(&self, _: Prepared) {}

    /// Nothing that an operator could ask.
    #[expect(clippy::unused_self, reason = "it stands in for one with a state")]
    pub(crate) const fn admin(&self) -> Option<Router> {
        None
    }

    /// There are no grants.
    #[expect(clippy::unused_self, reason = "it stands in for one with a state")]
    pub(crate) fn census(&self) -> Census {
        Arc::new(|| (0, 0))
    }

    /// Stops nothing.
    #[expect(clippy::unused_async, reason = "it stands in for one that waits")]
    pub(crate) async fn stop(self) {}
}
