//! What stands in for databases in a build without them: no configuration that names one is loaded.

use std::{convert::Infallible, sync::Arc};

use storage::{ChangeFeed, RecordStore};

/// There are none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatabaseSettings(Infallible);

/// What is never opened.
#[derive(Clone, Debug)]
pub(crate) struct Database {
    pub(crate) store: Arc<dyn RecordStore>,
    pub(crate) passing: Arc<dyn RecordStore>,
    pub(crate) feed: Arc<dyn ChangeFeed>,
}

/// What never happens.
#[derive(Debug, thiserror::Error)]
#[error("there are no databases in this build")]
pub(crate) struct DatabaseError(Infallible);

impl DatabaseError {
    /// Whether no gateway has been in the database.
    pub(crate) const fn is_empty(&self) -> bool {
        match self.0 {}
    }
}

/// Refuses every URL.
///
/// # Errors
/// Always.
pub(crate) fn settings(_: &str) -> Result<DatabaseSettings, String> {
    Err("needs PostgreSQL, which is not in this build: build with `--features postgres`".to_owned())
}

#[expect(clippy::unused_async, reason = "they stand in for some that wait")]
impl Database {
    pub(super) async fn open(settings: &DatabaseSettings, _: bool) -> Result<Self, DatabaseError> {
        match settings.0 {}
    }

    pub(super) async fn look(settings: &DatabaseSettings) -> Result<Self, DatabaseError> {
        match settings.0 {}
    }
}
