use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use moka::sync::Cache;

use crate::{ValidatedToken, validator::IssuerState};

/// The SHA-256 of a whole token: no two tokens share one.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct TokenDigest([u8; 32]);

impl TokenDigest {
    pub(crate) fn of(token: &str) -> Self {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest(&SHA256, token.as_bytes()).as_ref());
        Self(bytes)
    }
}

/// JWTs whose signature has been checked, so that it is not checked again for each request.
///
/// It stands for the signature only: whoever takes an entry out makes every other check again.
/// Refusals are not kept, since bad tokens are free to make.
pub(crate) struct VerifiedCache(Cache<TokenDigest, Verified>);

/// A JWT with a good signature.
#[derive(Clone)]
pub(crate) struct Verified {
    pub(crate) issuer: Arc<IssuerState>,
    /// The generation of the issuer's keys that it was verified with.
    pub(crate) generation: u64,
    pub(crate) token: ValidatedToken,
}

impl VerifiedCache {
    pub(crate) fn new(entries: u64) -> Self {
        Self(Cache::new(entries))
    }

    pub(crate) fn get(&self, digest: &TokenDigest) -> Option<Verified> {
        self.0.get(digest)
    }

    pub(crate) fn insert(&self, digest: TokenDigest, verified: Verified) {
        self.0.insert(digest, verified);
    }

    pub(crate) fn remove(&self, digest: &TokenDigest) {
        self.0.invalidate(digest);
    }

    /// How many there are once the cache has caught up with itself.
    #[cfg(test)]
    pub(crate) fn len(&self) -> u64 {
        self.0.run_pending_tasks();
        self.0.entry_count()
    }
}
