use std::sync::Arc;

use arc_swap::ArcSwapOption;
use axum::Router;
use oauth_client::{InvalidSettings, local::InvalidAccounts};
use oauth_server::{InvalidServerSettings, ProofMismatch, Registrations, RegistrationsUnavailable};
use oauth_types::{Clock, Entropy, Issuer};
use outbound_http::ClientSetupError;
use token_manager::{KeyRing, KeyRingError};

use super::{
    admin, build,
    state::{OpenStateError, Opened, State},
    tasks::Tasks,
    to_the_end,
};
use crate::{
    config::{Loaded, LoadedThirdParty},
    metrics::Census,
    own_authorization_server::OwnAuthorizationServer,
    serve::StateFile,
};

/// Option B for as long as the process lives: its state, and the work that goes on behind requests.
#[derive(Debug)]
pub(crate) struct Resident(Option<Inner>);

#[derive(Debug)]
struct Inner {
    state: State,
    tasks: Tasks,
    opened: Opened,
    entropy: Arc<dyn Entropy>,
    clock: Arc<dyn Clock>,
}

/// A configuration that could be put to work.
#[derive(Debug)]
#[must_use = "it is not in force yet"]
pub(crate) struct Prepared(Option<Next>);

#[derive(Debug)]
struct Next {
    in_force: build::InForce,
    ring: KeyRing,
    opened: Opened,
}

/// The clients that registered themselves, of the configuration in force.
pub(crate) type Registered = Arc<ArcSwapOption<Registrations>>;

/// Why there is no authorization server.
#[derive(Debug, thiserror::Error)]
pub enum ResidentError {
    /// The state cannot be opened.
    #[error("the state of the authorization server cannot be opened")]
    Open(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The master key.
    #[error(transparent)]
    KeyRing(#[from] KeyRingError),
    /// The clients that registered themselves cannot be read.
    #[error("the registered clients cannot be read")]
    Registrations(#[from] RegistrationsUnavailable),
    /// What it offers makes no sense.
    #[error(transparent)]
    Settings(#[from] InvalidServerSettings),
    /// A client of the configuration.
    #[error("a [[third_party.client]] cannot be used")]
    Client(#[from] ProofMismatch),
    /// The key set of a client of the configuration.
    #[error("the keys of the client {0} cannot be read")]
    ClientKeys(oauth_types::ClientId),
    /// The key set of a trusted issuer.
    #[error("the keys of the trusted issuer {0} cannot be read")]
    IssuerKeys(Issuer),
    /// A way to sign in.
    #[error("a [[third_party.provider]] cannot be used")]
    Provider(#[from] InvalidSettings),
    /// Built-in accounts.
    #[error("the accounts of a [[third_party.provider]] cannot be used")]
    Accounts(#[from] InvalidAccounts),
    /// The way out to third parties and to documents of clients.
    #[error("the client for third parties cannot be set up")]
    Outbound(#[from] ClientSetupError),
    /// `[third_party]` was added or removed.
    #[error("`[third_party]` was added or removed, which needs a restart")]
    NeedsRestart,
    /// `public_url` is another one, and with it the `iss` of every token.
    #[error("`public_url` was changed, which needs a restart: {0} is the issuer of the tokens that are out")]
    IssuerNeedsRestart(Issuer),
}

impl Resident {
    /// Opens the state, or makes it if `state_file` says that it may, and begins the work, if `loaded` has the section;
    /// must be called within a Tokio runtime.
    ///
    /// # Errors
    /// [`ResidentError`]; nothing runs then.
    pub(crate) async fn open(
        loaded: &Loaded,
        state_file: StateFile,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, ResidentError> {
        let Some(third_party) = loaded.third_party() else { return Ok(Self(None)) };
        let settings = build::state_settings(third_party)?;
        let opened = settings.opened();
        let (state, work) = State::open(settings, state_file, Arc::clone(&clock), Arc::clone(&entropy))
            .await
            .map_err(|error: OpenStateError| ResidentError::Open(Box::new(error)))?;
        let tasks = work.spawn();
        Ok(Self(Some(Inner { state, tasks, opened, entropy, clock })))
    }

    /// What `loaded` makes of it; nothing of it is in force before [`Resident::put_to_work`].
    ///
    /// # Errors
    /// [`ResidentError`].
    pub(crate) async fn prepare(
        &self,
        loaded: &Loaded,
    ) -> Result<(OwnAuthorizationServer, Prepared), ResidentError> {
        match (&self.0, loaded.third_party()) {
            (None, None) => Ok((OwnAuthorizationServer::default(), Prepared(None))),
            (Some(inner), Some(third_party)) => inner.prepare(loaded, third_party).await,
            _ => Err(ResidentError::NeedsRestart),
        }
    }

    /// Puts in force what was prepared, and says what of it needs a restart.
    pub(crate) fn put_to_work(&self, prepared: Prepared) {
        let (Some(inner), Some(Next { in_force, ring, opened })) = (&self.0, prepared.0) else { return };
        in_force.begin(&inner.state);
        if let Err(error) = inner.state.ring.replace(&ring) {
            // It was looked at before, so another reload has come in between.
            tracing::error!(%error, "the master keys stay as they were");
        }
        for key in inner.opened.needs_restart(&opened) {
            tracing::warn!(key, "takes effect at the next restart only");
        }
    }

    /// What operators may ask, if there is an authorization server.
    pub(crate) fn admin(&self) -> Option<Router> {
        self.0.as_ref().map(|inner| admin::router(inner.state.clone()))
    }

    /// Counts the grants, at any time.
    pub(crate) fn census(&self) -> Census {
        match &self.0 {
            Some(inner) => {
                let grants = inner.state.foundations.grants.clone();
                Arc::new(move || grants.count())
            }
            None => Arc::new(|| (0, 0)),
        }
    }

    /// Stops the work; to be called when no request is under way any more.
    pub(crate) async fn stop(self) {
        if let Some(inner) = self.0 {
            to_the_end::finish(&inner.state.requests).await;
            inner.tasks.stop().await;
        }
    }
}

impl Inner {
    async fn prepare(
        &self,
        loaded: &Loaded,
        third_party: LoadedThirdParty<'_>,
    ) -> Result<(OwnAuthorizationServer, Prepared), ResidentError> {
        if third_party.issuer() != self.state.issuer {
            return Err(ResidentError::IssuerNeedsRestart(self.state.issuer.clone()));
        }
        let means = build::Means { state: &self.state, clock: &self.clock, entropy: &self.entropy };
        let (server, in_force) = build::authorization_server(means, loaded, third_party).await?;
        let settings = build::state_settings(third_party)?;
        let opened = settings.opened();
        let ring = settings.ring;
        self.check_ring(&ring).await?;
        Ok((server, Prepared(Some(Next { in_force, ring, opened }))))
    }

    /// A new key ring must open what the store holds, and what is sealed until it is in force.
    async fn check_ring(&self, ring: &KeyRing) -> Result<(), ResidentError> {
        let sealing = self.state.ring.current();
        if ring.current() != sealing && !ring.older().contains(&sealing) {
            return Err(KeyRingError::MissingKey(sealing).into());
        }
        Ok(ring.check(self.state.store.as_ref()).await?)
    }
}

#[cfg(test)]
mod tests;
