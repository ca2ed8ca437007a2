//! A database that several gateways share.

use std::sync::Arc;

use storage::{ChangeFeed, ConnectError, PostgresStore, RecordStore};

pub(crate) use storage::PostgresSettings as DatabaseSettings;

/// What is kept in a database, and what other gateways do there.
#[derive(Clone, Debug)]
pub(crate) struct Database {
    /// What must survive.
    pub(crate) store: Arc<dyn RecordStore>,
    /// What need not survive a crash of the database.
    pub(crate) passing: Arc<dyn RecordStore>,
    /// What others write.
    pub(crate) feed: Arc<dyn ChangeFeed>,
}

/// Why there is no database.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DatabaseError {
    /// It cannot be used.
    #[error(transparent)]
    Connect(ConnectError),
    /// Nothing of a gateway is in it.
    #[error("nothing of a gateway is in the database")]
    Empty,
}

/// The settings of the database at `url`.
///
/// # Errors
/// Why it cannot be used; the password is not in it.
pub(crate) fn settings(url: &str) -> Result<DatabaseSettings, String> {
    DatabaseSettings::new(url).map_err(|error| error.to_string())
}

impl DatabaseError {
    /// Whether no gateway has been in the database.
    pub(crate) const fn is_empty(&self) -> bool {
        matches!(self, Self::Empty)
    }
}

impl Database {
    /// Connects to the database, and brings it to the form that this program needs.
    ///
    /// # Errors
    /// [`DatabaseError`]; without `create` also for a database in which no gateway has been.
    pub(super) async fn open(settings: &DatabaseSettings, create: bool) -> Result<Self, DatabaseError> {
        // An older form is brought to this program's by connecting.
        if !create && matches!(PostgresStore::look(settings).await, Err(ConnectError::Empty)) {
            return Err(DatabaseError::Empty);
        }
        Ok(Self::over(PostgresStore::connect(settings).await?))
    }

    /// Connects to the database without writing anything.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub(super) async fn look(settings: &DatabaseSettings) -> Result<Self, DatabaseError> {
        Ok(Self::over(PostgresStore::look(settings).await?))
    }

    fn over(store: PostgresStore) -> Self {
        let store = Arc::new(store);
        Self { passing: Arc::new(store.passing()), feed: Arc::<PostgresStore>::clone(&store), store }
    }
}

impl From<ConnectError> for DatabaseError {
    fn from(error: ConnectError) -> Self {
        match error {
            ConnectError::Empty => Self::Empty,
            other => Self::Connect(other),
        }
    }
}
