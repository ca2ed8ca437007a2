use std::{fmt, str::FromStr};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use oauth_types::Entropy;
use storage::Key;

use crate::random::{digest_of, is_random_text, random_text};

oauth_types::secret! {
    /// Proof that a browser began a transaction: 256 random bits in a cookie that only this transaction has.
    ///
    /// Each transaction has its own, so two tabs that start at the same moment do not overwrite each other's.
    pub struct BrowserBinding;
}

/// Names one transaction in forms and addresses.
///
/// It is the digest of the [`BrowserBinding`], so whoever holds the cookie can name the transaction,
/// and whoever merely saw the name has nothing.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PendingId(String);

/// A text that is neither a transaction's id nor a secret of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be 43 characters of base64url")]
pub struct InvalidSecretText;

impl BrowserBinding {
    pub(super) fn random(entropy: &dyn Entropy) -> Self {
        Self::new(random_text(entropy))
    }

    /// The transaction it belongs to.
    #[must_use]
    pub fn id(&self) -> PendingId {
        PendingId(URL_SAFE_NO_PAD.encode(digest_of("pending id", self.expose())))
    }
}

impl FromStr for BrowserBinding {
    type Err = InvalidSecretText;

    fn from_str(text: &str) -> Result<Self, InvalidSecretText> {
        if is_random_text(text) { Ok(Self::new(text.to_owned())) } else { Err(InvalidSecretText) }
    }
}

impl PendingId {
    /// The id as in a form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Enough of it to tell the cookies of one browser apart.
    pub(crate) fn tag(&self) -> &str {
        self.0.get(..12).unwrap_or(&self.0)
    }

    pub(super) fn key(&self) -> Key {
        Key::of(digest_of("pending key", &self.0))
    }
}

impl FromStr for PendingId {
    type Err = InvalidSecretText;

    fn from_str(text: &str) -> Result<Self, InvalidSecretText> {
        if is_random_text(text) { Ok(Self(text.to_owned())) } else { Err(InvalidSecretText) }
    }
}

impl fmt::Display for PendingId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
