use http::StatusCode;
use outbound_http::FetchError;

use crate::client::metadata::InvalidMetadata;

/// Why a document is not used; for the log only.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DocumentError {
    #[error("its host, or all hosts together, were asked too often")]
    TooOften,
    #[error("too many documents are being fetched")]
    Busy,
    #[error("it cannot be fetched")]
    Fetch(#[source] FetchError),
    #[error("the answer has status {0}")]
    Status(StatusCode),
    #[error("the answer is not JSON by its content type")]
    ContentType,
    #[error("it is not a JSON object without repeated members")]
    NotJson,
    #[error("its client_id is not the URL it was fetched from")]
    OtherClientId,
    #[error("it has a secret, or a method that needs one")]
    Secret,
    #[error("it has no client_name")]
    NoName,
    #[error("it cannot be used")]
    Metadata(#[source] InvalidMetadata),
}

impl DocumentError {
    /// Whether this says nothing about the document, so that one that was good may go on serving.
    pub(crate) fn is_temporary(&self) -> bool {
        match self {
            Self::TooOften | Self::Busy => true,
            Self::Fetch(error) => match error {
                FetchError::Timeout(_) | FetchError::Connection(_) | FetchError::Unresolved => true,
                FetchError::InvalidUrl
                | FetchError::NotHttps
                | FetchError::ForbiddenAddress
                | FetchError::TooLarge(_)
                | FetchError::Encoded => false,
            },
            Self::Status(status) => status.is_server_error() || *status == StatusCode::TOO_MANY_REQUESTS,
            Self::ContentType
            | Self::NotJson
            | Self::OtherClientId
            | Self::Secret
            | Self::NoName
            | Self::Metadata(_) => false,
        }
    }
}
