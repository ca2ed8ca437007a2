//! The keys that come from outside the store, and what is derived from them.

mod check;
mod master_key;
mod seal;

use std::fmt;

pub use check::KeyRingError;
pub(crate) use check::{FOREVER, TABLE};
pub use master_key::{KeyId, MasterKey, WeakMasterKey};
pub(crate) use seal::sealed_with;
pub use seal::{OpenError, Opened};

use aws_lc_rs::{aead::RandomizedNonceKey, hmac};

/// The master key in force, and older ones that can still open what they sealed.
///
/// Each purpose has a key of its own, derived by HKDF-SHA-256 (RFC 5869), so that no output of one use helps with
/// another.
pub struct KeyRing {
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
    /// A ring that seals with `current` and opens what any of the keys has sealed.
    ///
    /// # Errors
    /// [`KeyRingError::Duplicate`] if a key is there twice, [`KeyRingError::Library`] if the cryptographic library
    /// fails.
    pub fn new(
        current: &MasterKey,
        older: impl IntoIterator<Item = MasterKey>,
    ) -> Result<Self, KeyRingError> {
        let mut ring = Self { current: current.derive()?, older: Vec::new() };
        for key in older {
            if ring.find(key.id()).is_some() {
                return Err(KeyRingError::Duplicate(key.id()));
            }
            ring.older.push(key.derive()?);
        }
        Ok(ring)
    }

    /// The id of the key that seals.
    #[must_use]
    pub const fn current(&self) -> KeyId {
        self.current.id
    }

    /// The tag of a message about a refresh token, if the ring has the key `id`.
    pub(crate) fn refresh_token_tag(&self, id: KeyId, message: &[u8]) -> Option<hmac::Tag> {
        self.find(id).map(|keys| hmac::sign(&keys.refresh_tokens, message))
    }

    /// Whether `tag` is the one of [`KeyRing::refresh_token_tag`], in constant time.
    pub(crate) fn verify_refresh_token(&self, id: KeyId, message: &[u8], tag: &[u8]) -> bool {
        self.find(id).is_some_and(|keys| hmac::verify(&keys.refresh_tokens, message, tag).is_ok())
    }

    fn find(&self, id: KeyId) -> Option<&Keys> {
        std::iter::once(&self.current).chain(&self.older).find(|it| it.id == id)
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let older: Vec<_> = self.older.iter().map(|it| it.id).collect();
        formatter.debug_struct("KeyRing").field("current", &self.current.id).field("older", &older).finish()
    }
}

#[cfg(test)]
mod tests;
