//! The keys that sign access tokens: made here, sealed in the store, replaced on time.

mod claims;
mod jwks;
mod key;
mod memberships;
mod record;
mod rotator;
mod schedule;
mod settings;

use std::{fmt, sync::Arc};

pub use claims::{AccessToken, AccessTokenClaims, Confirmation};
pub use jwks::Jwks;
pub use memberships::Memberships;
pub use rotator::SigningKeyRotator;
pub use settings::SigningKeySettings;

pub(crate) use rotator::TABLE;

use key::SigningKey;
use oauth_types::{Clock, Entropy, UnixTime};
use rotator::Urgency;
use schedule::KeyChain;
use storage::{Key, RecordStore, StoreError};
use tokio::sync::watch;

use crate::{KeyRing, OpenError};

/// Signs access tokens with ES256 (RFC 7518 section 3.4) and says which keys verify them.
///
/// Published are always the key in force, the next one, and those that may still have signed a token somebody holds.
/// Cloning is cheap, and clones share the keys.
#[derive(Clone)]
pub struct SigningKeys {
    shared: Arc<Shared>,
}

pub(crate) struct Shared {
    store: Arc<dyn RecordStore>,
    ring: Arc<KeyRing>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    settings: SigningKeySettings,
    /// The keys in force; replaced whole.
    chain: watch::Sender<Arc<KeyChain>>,
    published: watch::Sender<Jwks>,
}

/// Why nothing can be signed, or why the signing keys cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SigningError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The stored keys cannot be opened.
    #[error("the signing keys cannot be opened: {0}")]
    Sealed(#[from] OpenError),
    /// The stored keys make no sense.
    #[error("the record of the signing keys cannot be read")]
    Record,
    /// The cryptographic library failed.
    #[error("the cryptographic library failed")]
    Library,
    /// Verifiers may not know the next key yet; it can be used from this time on.
    #[error("the next key was published a short time ago and can be used from {0} on")]
    TooSoon(UnixTime),
}

impl SigningKeys {
    /// Where they are kept in a store, for whoever looks at one as a whole.
    pub const TABLE: storage::Table = rotator::TABLE;

    /// The keys in `store`; the first ones are made if there are none.
    ///
    /// # Errors
    /// [`SigningError`]; a lost master key is named.
    pub async fn open(
        store: Arc<dyn RecordStore>,
        ring: Arc<KeyRing>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        settings: SigningKeySettings,
    ) -> Result<Self, SigningError> {
        let empty = Arc::new(KeyChain::default());
        let (chain, published) = (watch::Sender::new(empty), watch::Sender::new(Jwks::default()));
        let shared = Arc::new(Shared { store, ring, clock, entropy, settings, chain, published });
        shared.keep_up().await?;
        Ok(Self { shared })
    }

    /// The background work: spawn [`SigningKeyRotator::run`] once.
    pub fn rotator(&self) -> SigningKeyRotator {
        SigningKeyRotator::new(Arc::clone(&self.shared))
    }

    /// The public keys, as `jwks_uri` serves them (RFC 7517).
    #[must_use]
    pub fn jwks(&self) -> Jwks {
        self.shared.published.borrow().clone()
    }

    /// Tells of every change of [`SigningKeys::jwks`], beginning with the next one.
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<Jwks> {
        self.shared.published.subscribe()
    }

    /// Puts the next key in force now, ahead of its time.
    ///
    /// # Errors
    /// [`SigningError::TooSoon`] while verifiers may not have it, and what reading and writing the store brings.
    pub async fn rotate(&self) -> Result<(), SigningError> {
        self.shared.rotate(Urgency::WhenKnown).await
    }

    /// Puts the next key in force now, although verifiers that keep the key set may not have it yet: they refuse tokens
    /// until they fetch it anew.
    ///
    /// # Errors
    /// What reading and writing the store brings.
    pub async fn rotate_at_once(&self) -> Result<(), SigningError> {
        self.shared.rotate(Urgency::AtOnce).await
    }

    /// Signs `claims` as an access token (RFC 9068).
    ///
    /// # Errors
    /// [`SigningError::Library`] if the cryptographic library fails.
    pub fn sign(&self, claims: &AccessTokenClaims) -> Result<AccessToken, SigningError> {
        let chain = Arc::clone(&self.shared.chain.borrow());
        let key = chain.current().ok_or(SigningError::Library)?;
        claims.sign(key)
    }
}

impl Shared {
    fn publish(&self, chain: KeyChain) {
        let jwks = Jwks::of(chain.published());
        self.chain.send_replace(Arc::new(chain));
        self.published.send_if_modified(|present| {
            let changed = *present != jwks;
            *present = jwks;
            changed
        });
    }

    fn fresh_key(&self) -> Result<SigningKey, SigningError> {
        SigningKey::generate(self.clock.now(), self.entropy.as_ref())
    }
}

impl fmt::Debug for SigningKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("SigningKeys").field("jwks", &self.jwks()).finish_non_exhaustive()
    }
}

/// The one record: a rotation is one compare-and-swap.
fn record_key() -> Key {
    Key::of(*b"chain")
}

#[cfg(test)]
mod tests;
