use std::{borrow::Borrow, fmt};

/// The name of a record inside its table, or of the owner of records: 1 to 128 bytes, compared byte for byte.
///
/// A key stands in the store in plain sight: for a token, code or cookie use its SHA-256 digest, never the text.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(Box<[u8]>);

impl Key {
    /// The longest key, in bytes.
    pub const MAX_LEN: usize = 128;

    /// A key of these bytes.
    ///
    /// # Errors
    ///
    /// [`InvalidKey`] if there are none, or more than [`Key::MAX_LEN`].
    pub fn new(bytes: impl AsRef<[u8]>) -> Result<Self, InvalidKey> {
        let bytes = bytes.as_ref();
        if bytes.is_empty() || bytes.len() > Self::MAX_LEN {
            return Err(InvalidKey);
        }
        Ok(Self(bytes.into()))
    }

    /// A key of an array whose length is right by its type, such as a digest.
    ///
    /// ```
    /// let key = storage::Key::of([7; 32]);
    /// assert_eq!(key.as_bytes().len(), 32);
    /// ```
    #[must_use]
    pub fn of<const N: usize>(bytes: [u8; N]) -> Self {
        const {
            assert!(N >= 1 && N <= Self::MAX_LEN, "a key has 1 to 128 bytes");
        }
        Self(bytes.into())
    }

    /// The bytes as given.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl AsRef<[u8]> for Key {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Borrow<[u8]> for Key {
    fn borrow(&self) -> &[u8] {
        &self.0
    }
}

impl TryFrom<&[u8]> for Key {
    type Error = InvalidKey;

    fn try_from(bytes: &[u8]) -> Result<Self, InvalidKey> {
        Self::new(bytes)
    }
}

impl TryFrom<&str> for Key {
    type Error = InvalidKey;

    fn try_from(text: &str) -> Result<Self, InvalidKey> {
        Self::new(text)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Key({})", self.0.escape_ascii())
    }
}

/// The bytes cannot be a [`Key`]: there are none, or more than [`Key::MAX_LEN`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a key has 1 to 128 bytes")]
pub struct InvalidKey;

#[cfg(test)]
mod tests;
