//! Every client that is known here, wherever it is known from.

mod budget;
mod configured;
mod error;
mod known;
mod secret_digest;
#[cfg(test)]
pub(crate) mod testing;

use std::{collections::HashMap, fmt, sync::Arc};

use oauth_types::{ClientId, Clock, Issuer};
use storage::RecordStore;

pub use budget::{Budget, Rate};
pub use configured::{ConfiguredClient, ProofMismatch};
pub use error::FindClientError;
pub use known::{ClientKeys, ClientProof};
pub use secret_digest::SecretDigest;

pub(crate) use known::KnownClient;
pub(crate) use secret_digest::sha256;

use crate::{
    Client, ClientAssertionVerifier, ClientOrigin, MetadataDocuments, Registrations,
    client_auth::FailedAttempts,
};

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
    /// Those that publish a document; none means that a `client_id` that is a URL is nobody's.
    pub documents: Option<MetadataDocuments>,
    /// Those that registered themselves; none means that they are nobody's, also those that once did.
    pub registrations: Option<Registrations>,
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
    documents: Option<MetadataDocuments>,
    registrations: Option<Registrations>,
    pub(crate) store: Arc<dyn RecordStore>,
    pub(crate) assertions: Arc<dyn ClientAssertionVerifier>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) failed: FailedAttempts,
}

impl Clients {
    /// The clients of these sources.
    #[must_use]
    pub fn new(sources: ClientSources) -> Self {
        let configured = sources.configured.into_iter().map(|it| {
            let known = KnownClient::from(it);
            (known.client.id.clone(), Arc::new(known))
        });
        let inner = Inner {
            issuer: sources.issuer,
            configured: configured.collect(),
            documents: sources.documents,
            registrations: sources.registrations,
            store: sources.store,
            assertions: sources.assertions,
            clock: sources.clock,
            failed: FailedAttempts::default(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// The client with this `client_id`.
    ///
    /// # Errors
    /// [`FindClientError::Unknown`] if there is none, [`FindClientError::Document`] if its document cannot be had or
    /// used, and [`FindClientError::Unavailable`] while nobody can say.
    pub async fn find(&self, id: &ClientId) -> Result<Client, FindClientError> {
        self.known(id).await.map(|it| it.client.clone())
    }

    /// Notes that `client` was used just now, which keeps a registered client alive, and a document before others.
    ///
    /// To be called when a person approved it or tokens were issued to it, not for a mere request:
    /// anybody can make one.
    /// At most one write in an hour for each client; a failure is logged and costs nothing but the note.
    pub async fn used(&self, client: &Client) {
        match (client.origin, &self.inner.registrations, &self.inner.documents) {
            (ClientOrigin::Registered, Some(registrations), _) => registrations.note(&client.id, true).await,
            (ClientOrigin::MetadataDocument, _, Some(documents)) => documents.used(&client.id),
            _ => {}
        }
    }

    pub(crate) async fn known(&self, id: &ClientId) -> Result<Arc<KnownClient>, FindClientError> {
        if let Some(known) = self.inner.configured.get(id) {
            return Ok(known.clone());
        }
        if MetadataDocuments::is_document_id(id) {
            let documents = self.inner.documents.as_ref().ok_or(FindClientError::Unknown)?;
            return documents.find(id).await;
        }
        let registrations = self.inner.registrations.as_ref().ok_or(FindClientError::Unknown)?;
        registrations.find(id).await
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
