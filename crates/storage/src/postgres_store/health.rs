use std::sync::{PoisonError, RwLock};

use crate::StoreError;

/// Whether the database answered the last time it was asked.
#[derive(Debug, Default)]
pub(super) struct Health(RwLock<Option<String>>);

impl Health {
    /// It did not; `true` if it had before.
    pub(super) fn fail(&self, reason: &str) -> bool {
        let mut failure = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let was_well = failure.is_none();
        failure.get_or_insert_with(|| reason.to_owned());
        was_well
    }

    /// It did; `true` if it had not before.
    pub(super) fn recover(&self) -> bool {
        self.has_failed() && self.0.write().unwrap_or_else(PoisonError::into_inner).take().is_some()
    }

    pub(super) fn has_failed(&self) -> bool {
        self.0.read().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    pub(super) fn check(&self) -> Result<(), StoreError> {
        let failure = self.0.read().unwrap_or_else(PoisonError::into_inner);
        failure.clone().map_or(Ok(()), |reason| Err(StoreError::Unavailable(reason)))
    }
}
