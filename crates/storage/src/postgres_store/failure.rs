//! What the errors of sqlx mean. Nothing of their texts is passed on that could hold SQL or values.

use std::borrow::Cow;

use sqlx::Error;

use crate::StoreError;

/// Why an operation has no answer.
#[derive(Debug)]
pub(super) enum Failure {
    /// The database works, and this is its answer.
    Answer(StoreError),
    /// Others were in the way, and nothing was done: the same may succeed at once.
    Conflict(String),
    /// The database said that it did nothing; the connection may be good for nothing.
    Refused(String),
    /// Nobody said what became of it.
    Lost(String),
}

impl Failure {
    /// That a record makes no sense.
    pub(super) fn corrupt(what: impl Into<String>) -> Self {
        Self::Answer(StoreError::Corrupt(what.into()))
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Answer(error)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Database(error) => of_code(&error.code().unwrap_or(Cow::Borrowed("none"))),
            Error::ColumnDecode { index, .. } => Self::corrupt(format!("the column {index} makes no sense")),
            Error::Decode(_)
            | Error::ColumnNotFound(_)
            | Error::ColumnIndexOutOfBounds { .. }
            | Error::TypeNotFound { .. }
            | Error::RowNotFound => {
                Self::corrupt("the database answers with other columns than were asked for")
            }
            Error::Io(error) => Self::Lost(error.to_string()),
            Error::Tls(_) => Self::Lost("TLS with the database failed".to_owned()),
            _ => Self::Lost("the database answers in a way that makes no sense".to_owned()),
        }
    }
}

/// An answer with an error means that the transaction has ended without effect, except where its end was on its way.
fn of_code(code: &str) -> Failure {
    let why = format!("the database answers SQLSTATE {code}");
    match code {
        SERIALIZATION_FAILURE | DEADLOCK_DETECTED => Failure::Conflict(why),
        CRASH_SHUTDOWN | STATEMENT_COMPLETION_UNKNOWN => Failure::Lost(why),
        _ if code.starts_with(CONNECTION_EXCEPTION) => Failure::Lost(why),
        QUERY_CANCELED => Failure::Answer(StoreError::Unavailable(TOOK_TOO_LONG.to_owned())),
        DATA_CORRUPTED | INDEX_CORRUPTED => Failure::corrupt(why),
        _ => Failure::Refused(why),
    }
}

const CONNECTION_EXCEPTION: &str = "08";
const SERIALIZATION_FAILURE: &str = "40001";
const STATEMENT_COMPLETION_UNKNOWN: &str = "40003";
const DEADLOCK_DETECTED: &str = "40P01";
const QUERY_CANCELED: &str = "57014";
const CRASH_SHUTDOWN: &str = "57P02";
const DATA_CORRUPTED: &str = "XX001";
const INDEX_CORRUPTED: &str = "XX002";
const TOOK_TOO_LONG: &str = "it took the database too long, and it gave up";
