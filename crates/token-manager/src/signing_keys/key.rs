use std::fmt;

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use oauth_types::{Entropy, UnixTime};
use zeroize::Zeroizing;

use super::SigningError;

/// A P-256 key pair with its name.
pub(crate) struct SigningKey {
    /// Its `kid`: random, so that it tells nothing.
    pub(super) id: String,
    pub(super) made_at: UnixTime,
    pub(super) private: Zeroizing<Vec<u8>>,
    pair: EcdsaKeyPair,
}

impl SigningKey {
    pub(super) fn generate(now: UnixTime, entropy: &dyn Entropy) -> Result<Self, SigningError> {
        let pair =
            EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(|_| SigningError::Library)?;
        let pkcs8 = pair.to_pkcs8v1().map_err(|_| SigningError::Library)?;
        let mut id = [0; 12];
        entropy.fill(&mut id);
        let private = Zeroizing::new(pkcs8.as_ref().to_vec());
        Ok(Self { id: URL_SAFE_NO_PAD.encode(id), made_at: now, private, pair })
    }

    pub(super) fn read(id: String, made_at: UnixTime, private: &[u8]) -> Result<Self, SigningError> {
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, private)
            .map_err(|_| SigningError::Record)?;
        Ok(Self { id, made_at, private: Zeroizing::new(private.to_vec()), pair })
    }

    /// The signature of `message`: 64 bytes, as JWS wants it (RFC 7518 section 3.4).
    pub(super) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SigningError> {
        let signature = self.pair.sign(&SystemRandom::new(), message).map_err(|_| SigningError::Library)?;
        Ok(signature.as_ref().to_vec())
    }

    /// The public point: 4, then the coordinates of 32 bytes each (SEC 1 section 2.3.3).
    pub(super) fn public(&self) -> &[u8] {
        self.pair.public_key().as_ref()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("SigningKey")
            .field("id", &self.id)
            .field("made_at", &self.made_at)
            .finish_non_exhaustive()
    }
}
