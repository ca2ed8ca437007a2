//! Every client that is known here, wherever it is known from.

mod budget;
mod configured;
mod error;
mod known;
mod secret_digest;

use std::{collections::HashMap, fmt, sync::Arc};

use oauth_types::{ClientId, Clock, Issuer};
use storage::RecordStore;

pub use budget::Rate;
pub use configured::{ConfiguredClient, ProofMismatch};
pub use error::FindClientError;
pub use known::{ClientKeys, ClientProof};
pub use secret_digest::SecretDigest;

pub(crate) use budget::Budget;
pub(crate) use known::KnownClient;
pub(crate) use secret_digest::sha256;

use crate::{Client, ClientAssertionVerifier, client_auth::FailedAttempts};

/// The clients: those of the configuration, those that registered themselves, and those that publish a document.
///
/// Cloning is cheap, and clones share what they know.
#[derive(Clone)]
pub struct Clients {
    pub(crate) inner: Arc<Inner>,
}

/// Where clients are known from, and what it takes to prove them.
#[derive(Debug)]
pub struct ClientSources {
    /// The issuer that client assertions must be made for.
    pub issuer: Issuer,
    /// The clients that the operator wrote down; of two with one `client_id` the later counts.
    pub configured: Vec<ConfiguredClient>,
    /// Keeps the used `jti` of client assertions.
    pub store: Arc<dyn RecordStore>,
    /// Proves the signatures of client assertions.
    pub assertions: Arc<dyn ClientAssertionVerifier>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

pub(crate) struct Inner {
    pub(crate) issuer: Issuer,
    configured: HashMap<ClientId, Arc<KnownClient>>,
    pub(crate) store: Arc<dyn RecordStore>,
    pub(crate) assertions: Arc<dyn ClientAssertionVerifier>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) failed: FailedAttempts,
}

impl Clients {
    /// The clients of these sources.
    #[must_use]
    pub fn new(sources: ClientSources) -> Self {
        let ClientSources { issuer, configured, store, assertions, clock } = sources;
        let configured = configured.into_iter().map(|it| {
            let known = KnownClient::from(it);
            (known.client.id.clone(), Arc::new(known))
        });
        let configured = configured.collect();
        let failed = FailedAttempts::default();
        Self { inner: Arc::new(Inner { issuer, configured, store, assertions, clock, failed }) }
    }

    /// The client with this `client_id`.
    ///
    /// # Errors
    /// [`FindClientError::Unknown`] if there is none, [`FindClientError::Document`] if its document cannot be had or
    /// used, and [`FindClientError::Unavailable`] while nobody can say.
    pub async fn find(&self, id: &ClientId) -> Result<Client, FindClientError> {
        self.known(id).await.map(|it| it.client.clone())
    }

    /// Notes that `client` was used just now, which keeps a registered client alive.
    ///
    /// To be called when a person approved it or tokens were issued to it, not for a mere request:
    /// anybody can make one.
    /// At most one write in an hour for each client; a failure is logged and costs nothing but the note.
    pub async fn used(&self, client: &Client) {
        let _ = client;
    }

    pub(crate) async fn known(&self, id: &ClientId) -> Result<Arc<KnownClient>, FindClientError> {
        self.inner.configured.get(id).cloned().ok_or(FindClientError::Unknown)
    }
}

impl fmt::Debug for Clients {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Clients")
            .field("configured", &self.inner.configured.len())
            .finish_non_exhaustive()
    }
}
