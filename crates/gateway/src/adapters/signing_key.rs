use std::fmt;

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair};
use jsonwebtoken::{
    Algorithm, EncodingKey, Header,
    jwk::{Jwk, PublicKeyUse, ThumbprintHash},
};
use serde::Serialize;

use crate::config::{self, IdentityKey};

/// A private key that signs small JWTs, and its public half as JWK.
pub(crate) struct SigningKey {
    algorithm: Algorithm,
    private: EncodingKey,
    public: Jwk,
    kid: String,
}

/// The cryptographic library refused a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SigningKeyError {
    /// It cannot be made, read or used.
    #[error("the signing key cannot be used")]
    Unusable,
}

impl SigningKey {
    /// A fresh P-256 key.
    pub(crate) fn generate() -> Result<Self, SigningKeyError> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)
            .map_err(|_| SigningKeyError::Unusable)?;
        let der = pair.to_pkcs8v1().map_err(|_| SigningKeyError::Unusable)?;
        Self::new(Algorithm::ES256, EncodingKey::from_ec_der(der.as_ref()))
    }

    /// The key that the configuration points at.
    pub(crate) fn from_configured(key: &IdentityKey) -> Result<Self, SigningKeyError> {
        let der = key.pkcs8().secret_pkcs8_der();
        if key.algorithm() == config::Algorithm::ES256 {
            return Self::new(Algorithm::ES256, EncodingKey::from_ec_der(der));
        }
        // Without the public half, which the first version of PKCS#8 does not have.
        let pair = Ed25519KeyPair::from_pkcs8(der).map_err(|_| SigningKeyError::Unusable)?;
        let der = pair.to_pkcs8v1().map_err(|_| SigningKeyError::Unusable)?;
        Self::new(Algorithm::EdDSA, EncodingKey::from_ed_der(der.as_ref()))
    }

    fn new(algorithm: Algorithm, private: EncodingKey) -> Result<Self, SigningKeyError> {
        let mut public =
            Jwk::from_encoding_key(&private, algorithm).map_err(|_| SigningKeyError::Unusable)?;
        let kid = public.thumbprint(ThumbprintHash::SHA256).map_err(|_| SigningKeyError::Unusable)?;
        public.common.key_id = Some(kid.clone());
        public.common.public_key_use = Some(PublicKeyUse::Signature);
        Ok(Self { algorithm, private, public, kid })
    }

    /// The public half, named by its thumbprint (RFC 7638).
    pub(crate) const fn public(&self) -> &Jwk {
        &self.public
    }

    /// The thumbprint.
    pub(crate) fn kid(&self) -> &str {
        &self.kid
    }

    /// A JWT of type `typ` that says `claims`.
    pub(crate) fn sign(&self, typ: &str, claims: &impl Serialize) -> Result<String, SigningKeyError> {
        self.sign_as(&self.kid, typ, claims)
    }

    /// The same under any key name, for the demo's forgery.
    pub(crate) fn sign_as(
        &self,
        kid: &str,
        typ: &str,
        claims: &impl Serialize,
    ) -> Result<String, SigningKeyError> {
        let mut header = Header::new(self.algorithm);
        header.typ = Some(typ.to_owned());
        header.kid = Some(kid.to_owned());
        jsonwebtoken::encode(&header, claims, &self.private).map_err(|_| SigningKeyError::Unusable)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("SigningKey").field("kid", &self.kid).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_key_signs_its_public_half_verifies() {
        let key = SigningKey::generate().unwrap();
        let token = key.sign("JWT", &json!({ "sub": "alice", "exp": 4_000_000_000_u64 })).unwrap();
        let verify = |key: &SigningKey| {
            let public = jsonwebtoken::DecodingKey::from_jwk(key.public()).unwrap();
            jsonwebtoken::decode::<serde_json::Value>(
                &token,
                &public,
                &jsonwebtoken::Validation::new(key.algorithm),
            )
        };
        let read = verify(&key).unwrap();
        assert_eq!(read.claims["sub"], "alice");
        assert_eq!(read.header.kid.as_deref(), Some(key.kid()));
        assert!(verify(&SigningKey::generate().unwrap()).is_err());
    }

    #[test]
    fn m02_a_signing_key_prints_its_name_only() {
        let key = SigningKey::generate().unwrap();
        assert_eq!(format!("{key:?}"), format!("SigningKey {{ kid: {:?}, .. }}", key.kid()));
    }
}
