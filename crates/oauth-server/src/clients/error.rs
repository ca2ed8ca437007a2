use std::error::Error;

/// Why there is no client for a `client_id`.
#[derive(Debug, thiserror::Error)]
pub enum FindClientError {
    /// Nobody has this `client_id`.
    #[error("the client is not known here")]
    Unknown,
    /// The client's metadata document cannot be had or used.
    ///
    /// The source is for the log only: whoever chose the URL must not learn what is there, or whether anything is.
    #[error("the client's metadata document cannot be used")]
    Document(#[source] Box<dyn Error + Send + Sync>),
    /// Nobody can say now; the same question may be answered later (503).
    #[error("the clients are unavailable")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
}

impl From<storage::StoreError> for FindClientError {
    fn from(error: storage::StoreError) -> Self {
        Self::Unavailable(Box::new(error))
    }
}
