use std::{fmt, sync::Arc};

use arc_swap::ArcSwapOption;

use crate::{
    Algorithm, JwsError, KeySet, VerifiedJws,
    keys::{Generation, replace},
    verify_jws,
};

/// Keys that a part of the same process makes and replaces: those of its own authorization server.
///
/// A replacement counts for the next token; tokens that were verified with the keys before are verified again.
/// Clones share the keys, and two are equal if they do.
#[derive(Clone)]
pub struct SharedKeys(Arc<ArcSwapOption<Generation>>);

impl SharedKeys {
    /// Shares `keys`.
    #[must_use]
    pub fn new(keys: KeySet) -> Self {
        Self(Arc::new(ArcSwapOption::from_pointee(Generation::unfetched(0, keys))))
    }

    /// Puts `keys` in the place of those before; the tokens, and the open streams, of keys that it lacks are good no more.
    ///
    /// One caller at a time.
    pub fn replace(&self, keys: KeySet) {
        replace(&self.0, keys, None);
    }

    /// Checks that `token` was signed by one of the present keys, like [`verify_jws`].
    ///
    /// # Errors
    /// [`JwsError`].
    pub fn verify_jws(&self, token: &str, algorithms: &[Algorithm]) -> Result<VerifiedJws, JwsError> {
        let present = self.0.load_full().ok_or(JwsError::KeyUnknown)?;
        verify_jws(token, present.keys(), algorithms)
    }

    pub(crate) fn generations(&self) -> Arc<ArcSwapOption<Generation>> {
        Arc::clone(&self.0)
    }
}

impl PartialEq for SharedKeys {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for SharedKeys {}

impl fmt::Debug for SharedKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("SharedKeys").field(&self.0.load()).finish()
    }
}
