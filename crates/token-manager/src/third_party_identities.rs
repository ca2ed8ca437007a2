//! What third parties have said of persons: sealed, since it is personal data.

use std::{fmt, sync::Arc};

use oauth_types::UnixTime;
use storage::{Expected, Record, RecordStore, StoreError, Table, Versioned, Write};

use crate::{KeyRing, KeyRingError, OpenError, SealContext, SessionKey, key_ring::next_revision};

oauth_types::secret! {
    /// What a third party said of a person, in the words of whoever keeps it: addresses, groups.
    pub struct ThirdPartyIdentity;
}

/// What is known of the person of each third-party session.
///
/// It is for whoever applies rules to it later; here it is a text that nobody reads.
/// Cloning is cheap.
#[derive(Clone)]
pub struct ThirdPartyIdentities {
    store: Arc<dyn RecordStore>,
    ring: Arc<KeyRing>,
}

/// What is kept of one session, and where it came from.
#[derive(Clone, Debug)]
pub struct KeptIdentity {
    /// The text.
    pub identity: ThirdPartyIdentity,
    revision: u64,
    keep_until: UnixTime,
}

/// Why it was not read or kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ThirdPartyIdentityError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The record cannot be opened; a lost master key is named.
    #[error("what is known of a person cannot be opened: {0}")]
    Sealed(#[from] OpenError),
    /// Nothing can be sealed.
    #[error("what is known of a person cannot be sealed: {0}")]
    Seal(KeyRingError),
    /// The record is no text.
    #[error("what is known of a person cannot be read")]
    Record,
}

impl ThirdPartyIdentities {
    /// Where they are kept in a store, for whoever looks at one as a whole.
    pub const TABLE: Table = Table::new("third_party_identities", 2);

    /// Those in `store`, sealed by `ring`.
    #[must_use]
    pub fn new(store: Arc<dyn RecordStore>, ring: Arc<KeyRing>) -> Self {
        Self { store, ring }
    }

    /// Keeps `identity` for a session in the place of what was known before, until `keep_until` at the latest.
    ///
    /// # Errors
    /// [`ThirdPartyIdentityError`]; nothing has changed then.
    pub async fn store(
        &self,
        session: &SessionKey,
        identity: &ThirdPartyIdentity,
        keep_until: UnixTime,
    ) -> Result<(), ThirdPartyIdentityError> {
        self.write(session, Expected::Anything, identity, keep_until).await.map(drop)
    }

    /// What is known of the person of a session; `None` if nothing is.
    ///
    /// # Errors
    /// [`ThirdPartyIdentityError`].
    pub async fn find(&self, session: &SessionKey) -> Result<Option<KeptIdentity>, ThirdPartyIdentityError> {
        let key = session.as_key();
        let Some(found) = self.store.get(Self::TABLE, key).await? else { return Ok(None) };
        let Versioned { record, revision } = found;
        let context = SealContext::of_write(Self::TABLE, key, revision);
        let opened = self.ring.open(context, record.format, &record.body)?;
        let text = str::from_utf8(&opened.plaintext).map_err(|_| ThirdPartyIdentityError::Record)?;
        let identity = ThirdPartyIdentity::new(text.to_owned());
        Ok(Some(KeptIdentity { identity, revision, keep_until: record.expires_at }))
    }

    /// Puts `identity` in the place of what was found; `false` if others were faster, or it is gone.
    ///
    /// # Errors
    /// [`ThirdPartyIdentityError`]; nothing has changed then.
    pub async fn replace(
        &self,
        session: &SessionKey,
        found: &KeptIdentity,
        identity: &ThirdPartyIdentity,
    ) -> Result<bool, ThirdPartyIdentityError> {
        self.write(session, Expected::Revision(found.revision), identity, found.keep_until).await
    }

    /// Forgets what is known of the person of a session.
    ///
    /// # Errors
    /// When the store fails; the record then goes with its time.
    pub async fn remove(&self, session: &SessionKey) -> Result<(), ThirdPartyIdentityError> {
        self.store.remove(Self::TABLE, session.as_key()).await?;
        Ok(())
    }

    async fn write(
        &self,
        session: &SessionKey,
        expected: Expected,
        identity: &ThirdPartyIdentity,
        keep_until: UnixTime,
    ) -> Result<bool, ThirdPartyIdentityError> {
        let (key, revision) = (session.as_key(), next_revision());
        let context = SealContext::of_write(Self::TABLE, key, revision.number());
        let sealed = self.ring.seal(context, identity.expose().as_bytes());
        let record = Record::new(Self::TABLE, keep_until, sealed.map_err(ThirdPartyIdentityError::Seal)?);
        Ok(self.store.write(Self::TABLE, key, Write::new(expected, record).numbered(revision)).await?)
    }
}

impl fmt::Debug for ThirdPartyIdentities {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ThirdPartyIdentities")
    }
}

#[cfg(test)]
mod tests;
