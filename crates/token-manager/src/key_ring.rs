//! The keys that come from outside the store, and what is derived from them.

mod check;
mod master_key;
mod seal;

use std::{
    fmt,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

pub use check::KeyRingError;
pub(crate) use check::{FOREVER, TABLE};
pub use master_key::{KeyId, MasterKey, WeakMasterKey};
pub use seal::{OpenError, Opened, SealContext};
pub(crate) use seal::{next_revision, sealed_with};

use aws_lc_rs::{aead::RandomizedNonceKey, hmac};

/// The master key in force, and older ones that can still open what they sealed.
///
/// Each purpose has a key of its own, derived by HKDF-SHA-256 (RFC 5869), so that no output of one use helps with
/// another.
///
/// Whoever shares a ring works with the new keys as soon as [`KeyRing::replace`] has brought them.
pub struct KeyRing {
    ring: RwLock<Arc<Ring>>,
    /// Whether the store may hold texts from before texts named the write of their record.
    opens_older_texts: AtomicBool,
}

/// The keys of one configuration.
struct Ring {
    current: Keys,
    older: Vec<Keys>,
}

/// What is derived from one master key.
pub(crate) struct Keys {
    pub(crate) id: KeyId,
    sealing: RandomizedNonceKey,
    refresh_tokens: hmac::Key,
}

impl KeyRing {
    /// Where its check record is kept in a store, for whoever looks at one as a whole.
    pub const TABLE: storage::Table = TABLE;

    /// A ring that seals with `current` and opens what any of the keys has sealed.
    ///
    /// # Errors
    /// [`KeyRingError::Duplicate`] if a key is there twice, [`KeyRingError::Library`] if the cryptographic library
    /// fails.
    pub fn new(
        current: &MasterKey,
        older: impl IntoIterator<Item = MasterKey>,
    ) -> Result<Self, KeyRingError> {
        let mut ring = Ring { current: current.derive()?, older: Vec::new() };
        for key in older {
            if ring.find(key.id()).is_some() {
                return Err(KeyRingError::Duplicate(key.id()));
            }
            ring.older.push(key.derive()?);
        }
        Ok(Self { ring: RwLock::new(Arc::new(ring)), opens_older_texts: AtomicBool::new(true) })
    }

    /// Puts the keys of `next` in the place of these, for everybody who shares this ring.
    ///
    /// Call [`KeyRing::check`] of `next` before: this cannot see which older keys the store needs.
    ///
    /// # Errors
    /// [`KeyRingError::MissingKey`] if `next` lacks the key that seals now; nothing has changed then.
    pub fn replace(&self, next: &Self) -> Result<(), KeyRingError> {
        let next = next.ring();
        let mut present = self.ring.write().unwrap_or_else(PoisonError::into_inner);
        if next.find(present.current.id).is_none() {
            return Err(KeyRingError::MissingKey(present.current.id));
        }
        *present = next;
        Ok(())
    }

    /// The id of the key that seals.
    #[must_use]
    pub fn current(&self) -> KeyId {
        self.ring().current.id
    }

    /// The ids of the keys that only open.
    #[must_use]
    pub fn older(&self) -> Vec<KeyId> {
        self.ring().older.iter().map(|it| it.id).collect()
    }

    /// The tag of a message about a refresh token, if the ring has the key `id`.
    pub(crate) fn refresh_token_tag(&self, id: KeyId, message: &[u8]) -> Option<hmac::Tag> {
        self.ring().find(id).map(|keys| hmac::sign(&keys.refresh_tokens, message))
    }

    /// Whether `tag` is the one of [`KeyRing::refresh_token_tag`], in constant time.
    pub(crate) fn verify_refresh_token(&self, id: KeyId, message: &[u8], tag: &[u8]) -> bool {
        self.ring().find(id).is_some_and(|keys| hmac::verify(&keys.refresh_tokens, message, tag).is_ok())
    }

    /// Whether it opens what an earlier version sealed, because [`KeyRing::check`] was not called yet or found a store in
    /// which [`KeyRing::reseal`] has not sealed everything anew since.
    #[must_use]
    pub fn opens_older_texts(&self) -> bool {
        self.opens_older_texts.load(Relaxed)
    }

    /// For good, as the store has no texts from before any more.
    pub(crate) fn refuse_older_texts(&self) {
        self.opens_older_texts.store(false, Relaxed);
    }

    fn ring(&self) -> Arc<Ring> {
        Arc::clone(&self.ring.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Ring {
    fn find(&self, id: KeyId) -> Option<&Keys> {
        std::iter::once(&self.current).chain(&self.older).find(|it| it.id == id)
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (current, older) = (self.current(), self.older());
        formatter.debug_struct("KeyRing").field("current", &current).field("older", &older).finish()
    }
}

#[cfg(test)]
mod tests;
