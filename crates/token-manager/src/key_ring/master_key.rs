use std::fmt;

use aws_lc_rs::{
    aead::{AES_256_GCM_SIV, RandomizedNonceKey},
    error::Unspecified,
    hkdf, hmac,
};
use zeroize::Zeroizing;

use super::{KeyRingError, Keys};

/// A key of at least 256 bits that the operator keeps outside the store.
///
/// Prints its id only, and is wiped from memory when dropped.
pub struct MasterKey {
    bytes: Zeroizing<Vec<u8>>,
    id: KeyId,
}

/// Names a [`MasterKey`] without telling anything about it: 32 bits derived from it, written as eight hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId([u8; 4]);

/// The bytes cannot be a master key: fewer than 32, or all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a master key has at least 32 random bytes")]
pub struct WeakMasterKey;

impl MasterKey {
    /// The fewest bytes a key has.
    pub const MIN_BYTES: usize = 32;

    /// The key of these bytes, which must come from a random generator.
    ///
    /// # Errors
    /// [`WeakMasterKey`] if they cannot.
    pub fn new(bytes: &[u8]) -> Result<Self, WeakMasterKey> {
        let monotonous = bytes.iter().zip(bytes.iter().skip(1)).all(|(left, right)| left == right);
        if bytes.len() < Self::MIN_BYTES || monotonous {
            return Err(WeakMasterKey);
        }
        let bytes = Zeroizing::new(bytes.to_vec());
        let id = derive(&bytes, b"key id").map_err(|_| WeakMasterKey)?;
        let [a, b, c, d, ..] = *id;
        Ok(Self { bytes, id: KeyId([a, b, c, d]) })
    }

    /// Its name.
    #[must_use]
    pub const fn id(&self) -> KeyId {
        self.id
    }

    pub(super) fn derive(&self) -> Result<Keys, KeyRingError> {
        let sealing = derive(&self.bytes, b"sealing")?;
        let refresh_tokens = derive(&self.bytes, b"refresh tokens")?;
        Ok(Keys {
            id: self.id,
            sealing: RandomizedNonceKey::new(&AES_256_GCM_SIV, &*sealing)?,
            refresh_tokens: hmac::Key::new(hmac::HMAC_SHA256, &*refresh_tokens),
        })
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "MasterKey({})", self.id)
    }
}

impl KeyId {
    pub(crate) const fn from_bytes(bytes: [u8; 4]) -> Self {
        Self(bytes)
    }

    pub(crate) const fn as_bytes(&self) -> &[u8; 4] {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:08x}", u32::from_be_bytes(self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "KeyId({self})")
    }
}

fn derive(master: &[u8], purpose: &[u8]) -> Result<Zeroizing<[u8; 32]>, Unspecified> {
    let mut key = Zeroizing::new([0; 32]);
    hkdf::Salt::new(hkdf::HKDF_SHA256, SALT)
        .extract(master)
        .expand(&[purpose], hkdf::HKDF_SHA256)?
        .fill(&mut *key)?;
    Ok(key)
}

const SALT: &[u8] = b"mcp-gateway token-manager 1";
