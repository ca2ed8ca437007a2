use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair};
use rustls::pki_types::{PrivatePkcs8KeyDer, pem::PemObject};

use super::Reader;
use crate::config::{
    Algorithm, SecretSource,
    report::{KeyPath, Problem},
};

/// A key that signs identity JWTs, proven to be one of the kinds that can.
#[derive(Debug)]
pub struct IdentityKey {
    algorithm: Algorithm,
    pkcs8: PrivatePkcs8KeyDer<'static>,
}

impl IdentityKey {
    /// What it signs with: `ES256` or `EdDSA`.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The key itself.
    #[must_use]
    pub const fn pkcs8(&self) -> &PrivatePkcs8KeyDer<'static> {
        &self.pkcs8
    }

    pub(super) fn read(
        key: &KeyPath,
        source: &SecretSource,
        reader: &mut Reader<'_>,
    ) -> Result<Self, Problem> {
        let pem = reader.text(key, source)?;
        let pkcs8 = PrivatePkcs8KeyDer::from_pem_slice(pem.as_bytes()).map_err(|_| {
            Problem::new(key.clone(), format!("holds no PKCS#8 private key in PEM: {MAKE_ONE}"))
        })?;
        let algorithm = algorithm(pkcs8.secret_pkcs8_der()).ok_or_else(|| {
            Problem::new(key.clone(), format!("is neither a P-256 nor an Ed25519 key: {MAKE_ONE}"))
        })?;
        Ok(Self { algorithm, pkcs8 })
    }
}

fn algorithm(pkcs8: &[u8]) -> Option<Algorithm> {
    if EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8).is_ok() {
        return Some(Algorithm::ES256);
    }
    Ed25519KeyPair::from_pkcs8(pkcs8).is_ok().then_some(Algorithm::EdDsa)
}

const MAKE_ONE: &str = "make one with `openssl genpkey -algorithm ed25519`";
