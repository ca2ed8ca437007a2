mod jwk;

use std::fmt;

use serde::Deserialize;
use serde_json::Value;

pub(crate) use jwk::read as read_jwk;

use crate::{
    Algorithm, Reason,
    key::{Key, UnfitKey},
    pem,
};

/// The public keys of an issuer that may sign access tokens.
///
/// At most [`KeySet::MAX_KEYS`]; every key was parsed and found fit for use.
#[derive(Clone, PartialEq, Eq)]
pub struct KeySet(Vec<Key>);

/// A key of a set that is not used, by its position from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyWarning {
    /// The position in the document.
    pub index: usize,
    /// Why it is not used.
    pub kind: KeyWarningKind,
}

/// Why a key of a set is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyWarningKind {
    /// It is not a key of its kind, or off its curve.
    Malformed,
    /// Its `kty` or `crv` is not supported, or its `alg` not one for signatures.
    Unsupported,
    /// Its `use` or `key_ops` say that it is not for signatures.
    OtherUse,
    /// A private key is published: whoever reads the set can sign.
    Private,
    /// A secret key is published; it can never be used from a set.
    Symmetric,
    /// RSA below 2048 bits or with a bad exponent, or Ed25519 of small order.
    Weak,
    /// This key and all after it are beyond the limit of [`KeySet::MAX_KEYS`].
    BeyondLimit,
}

/// Why a document is no key set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidKeySet {
    /// Not a JSON object with a list `keys` (RFC 7517 section 5).
    #[error("is not a JSON Web Key Set")]
    NotAKeySet,
    /// Not PEM with `PUBLIC KEY` or `CERTIFICATE` sections (RFC 7468).
    #[error("is not PEM with PUBLIC KEY or CERTIFICATE sections")]
    NotPem,
    /// The file holds a private key, which has no place here.
    #[error("holds a private key; give the public key only")]
    PrivateKey,
    /// Nothing in it can verify a signature.
    #[error("has no usable key")]
    NoUsableKey,
    /// A key of a file is not fit for use.
    #[error("key {index} is not usable: {kind}")]
    Unusable {
        /// The position in the file, from 0.
        index: usize,
        /// Why.
        kind: KeyWarningKind,
    },
}

#[derive(Deserialize)]
struct Document {
    keys: Vec<Value>,
}

impl KeySet {
    /// The most keys taken from one document.
    pub const MAX_KEYS: usize = 100;

    /// Reads a JSON Web Key Set (RFC 7517 section 5).
    ///
    /// Keys that cannot or must not verify access tokens are left out and reported.
    ///
    /// # Errors
    /// [`InvalidKeySet::NotAKeySet`], or [`InvalidKeySet::NoUsableKey`] when all keys were left out.
    pub fn from_jwks_json(json: &[u8]) -> Result<(Self, Vec<KeyWarning>), InvalidKeySet> {
        let document: Document = serde_json::from_slice(json).map_err(|_| InvalidKeySet::NotAKeySet)?;
        let mut keys = Vec::new();
        let mut warnings = Vec::new();
        if document.keys.len() > Self::MAX_KEYS {
            warnings.push(KeyWarning { index: Self::MAX_KEYS, kind: KeyWarningKind::BeyondLimit });
        }
        for (index, value) in document.keys.into_iter().take(Self::MAX_KEYS).enumerate() {
            match jwk::read(value) {
                Ok(key) => keys.push(key),
                Err(kind) => warnings.push(KeyWarning { index, kind }),
            }
        }
        if keys.is_empty() {
            return Err(InvalidKeySet::NoUsableKey);
        }
        Ok((Self(keys), warnings))
    }

    /// Reads PEM sections `PUBLIC KEY` and `CERTIFICATE` (RFC 7468); dates and names of certificates do not matter.
    ///
    /// These keys have no `kid`, so they answer to any.
    ///
    /// # Errors
    /// [`InvalidKeySet`] when a section is not usable, a private key is among them, or there is none.
    pub fn from_pem(text: &[u8]) -> Result<Self, InvalidKeySet> {
        pem::read(text).map(Self)
    }

    /// How many keys there are; never 0.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "a key set is never empty")]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The keys that are in `before` too live on as the same keys.
    pub(crate) fn live_on(&mut self, before: &Self) {
        for key in &mut self.0 {
            if let Some(same) = before.0.iter().find(|it| *it == key) {
                key.live_on(same);
            }
        }
    }

    /// Says of the keys that are not in `next` that they are withdrawn.
    pub(crate) fn give_way_to(&self, next: &Self) {
        for key in self.0.iter().filter(|it| !next.0.contains(it)) {
            key.withdrawn().cancel();
        }
    }

    /// The one key for a token with this algorithm and `kid` (RFC 7517 section 4.5).
    ///
    /// A key that has the name wins over keys without one; more than one that fits is as good as none.
    pub(crate) fn select(&self, algorithm: Algorithm, id: Option<&str>) -> Result<&Key, Reason> {
        let fitting = || self.0.iter().filter(|it| it.fits(algorithm));
        let Some(id) = id else { return only(fitting()) };
        if self.0.iter().any(|it| it.id.as_deref() == Some(id)) {
            return only(fitting().filter(|it| it.id.as_deref() == Some(id)));
        }
        only(fitting().filter(|it| it.id.is_none()))
    }
}

impl fmt::Debug for KeySet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(&self.0).finish()
    }
}

impl KeyWarningKind {
    /// Whether the operator must act, because a secret leaked or the server is badly set up.
    #[must_use]
    pub const fn is_alarm(self) -> bool {
        match self {
            Self::Private | Self::Symmetric | Self::Weak | Self::BeyondLimit => true,
            Self::Malformed | Self::Unsupported | Self::OtherUse => false,
        }
    }
}

impl fmt::Display for KeyWarningKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Malformed => "malformed",
            Self::Unsupported => "kind or algorithm not supported",
            Self::OtherUse => "not for signatures",
            Self::Private => "a private key is published",
            Self::Symmetric => "a secret key is published",
            Self::Weak => "too weak",
            Self::BeyondLimit => "beyond the limit of 100 keys",
        })
    }
}

impl fmt::Display for KeyWarning {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "key {}: {}", self.index, self.kind)
    }
}

impl From<UnfitKey> for KeyWarningKind {
    fn from(unfit: UnfitKey) -> Self {
        match unfit {
            UnfitKey::Malformed => Self::Malformed,
            UnfitKey::Weak => Self::Weak,
            UnfitKey::OtherAlgorithm => Self::Unsupported,
        }
    }
}

fn only<'a>(mut keys: impl Iterator<Item = &'a Key>) -> Result<&'a Key, Reason> {
    let key = keys.next().ok_or(Reason::KeyUnknown)?;
    if keys.next().is_some() { Err(Reason::KeyAmbiguous) } else { Ok(key) }
}

#[cfg(test)]
mod tests;
