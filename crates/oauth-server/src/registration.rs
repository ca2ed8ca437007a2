//! Clients that register themselves (RFC 7591), and manage their registration (RFC 7592).

mod answer;
mod error;
mod index;
mod lifetime;
mod manage;
mod notes;
mod own;
mod record;
mod register;
mod request;
mod settings;
mod sweep;

use std::{fmt, sync::Arc};

use oauth_types::{ClientId, Clock, Entropy};
use storage::{Key, RecordStore, StoreError};

pub use error::RegistrationsUnavailable;
pub use settings::RegistrationSettings;
pub use sweep::RegisteredClient;

use crate::{
    FindClientError, GrantPort,
    clients::{Budget, KnownClient},
};
use index::Index;
use record::{Found, Stored, TABLE};

/// The clients that registered themselves, kept in a store.
///
/// A public client is kept once for all who register the same metadata: they get the same `client_id`, which is made of
/// the metadata, and nobody can change it. A client with a secret or keys is its own: it gets a new `client_id` and a
/// token to manage it.
///
/// Cloning is cheap, and clones share what they know.
#[derive(Clone)]
pub struct Registrations {
    inner: Arc<Inner>,
}

struct Inner {
    store: Arc<dyn RecordStore>,
    grants: Arc<dyn GrantPort>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    index: Index,
    per_source: Budget<Vec<u8>>,
    all_sources: Budget<()>,
    settings: RegistrationSettings,
}

impl Registrations {
    /// Where they are kept in a store, for whoever looks at one as a whole.
    pub const TABLE: storage::Table = record::TABLE;

    /// The clients in `store`, those of an earlier process included.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn open(
        store: Arc<dyn RecordStore>,
        grants: Arc<dyn GrantPort>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        settings: RegistrationSettings,
    ) -> Result<Self, RegistrationsUnavailable> {
        let inner = Inner {
            store,
            grants,
            clock,
            entropy,
            index: Index::new(settings.max_clients),
            per_source: Budget::new(settings.per_source, MAX_SOURCES),
            all_sources: Budget::new(settings.all_sources, 1),
            settings,
        };
        let this = Self { inner: Arc::new(inner) };
        this.refresh_index().await?;
        Ok(this)
    }

    /// The client that registered as `id`.
    pub(crate) async fn find(&self, id: &ClientId) -> Result<Arc<KnownClient>, FindClientError> {
        let found = self.load(id).await?.filter(|it| !it.stored.is_deleted);
        found.map(|it| Arc::new(it.stored.known(id))).ok_or(FindClientError::Unknown)
    }

    /// The client with this `client_id`, also while it is being deleted.
    async fn load(&self, id: &ClientId) -> Result<Option<Found>, StoreError> {
        Ok(self.load_record(id).await?.filter(|it| !it.is_over))
    }

    /// The record of a client, also one that waits for the store's sweep.
    async fn load_record(&self, id: &ClientId) -> Result<Option<Found>, StoreError> {
        let Some(key) = key(id) else { return Ok(None) };
        let found = self.inner.store.get(TABLE, &key).await?;
        found.map(|it| Found::read(&it, self.inner.clock.now())).transpose()
    }

    /// Replaces a record, if it still is the one that was found.
    async fn replace(&self, id: &ClientId, found: &Found, stored: &Stored) -> Result<bool, StoreError> {
        let Some(key) = key(id) else { return Ok(false) };
        let record = stored.encode(self.inner.clock.now())?;
        self.inner.store.compare_and_swap(TABLE, &key, found.revision, record).await
    }

    /// Leaves a record to the store's sweep, if it still is the one that was found.
    ///
    /// It is not removed by its key: another one may have taken its place meanwhile.
    async fn discard(&self, id: &ClientId, found: &Found) -> Result<bool, StoreError> {
        let Some(key) = key(id) else { return Ok(false) };
        let record = found.stored.encode_over(self.inner.clock.now())?;
        self.inner.store.compare_and_swap(TABLE, &key, found.revision, record).await
    }
}

impl fmt::Debug for Registrations {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Registrations")
            .field("settings", &self.inner.settings)
            .finish_non_exhaustive()
    }
}

/// The key of a client; none if we never gave out such a `client_id`.
fn key(id: &ClientId) -> Option<Key> {
    let is_ours = |it: u8| it.is_ascii_alphanumeric() || matches!(it, b'-' | b'_');
    id.as_str().bytes().all(is_ours).then(|| Key::new(id.as_str()).ok()).flatten()
}

const MAX_SOURCES: usize = 20_000;

#[cfg(test)]
mod tests;
