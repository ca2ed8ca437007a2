use oauth_types::UnixTime;
use serde::{Serialize, de::DeserializeOwned};
use storage::{Record, StoreError, Table, Versioned};

/// A record as its owner sees it.
#[derive(Debug)]
pub(crate) struct Typed<T> {
    pub(crate) value: T,
    pub(crate) revision: u64,
}

impl<T: DeserializeOwned> Typed<T> {
    pub(crate) fn read(table: Table, found: &Versioned) -> Result<Self, StoreError> {
        let value = decode(table, &found.record)?;
        Ok(Self { value, revision: found.revision })
    }
}

pub(crate) fn encode<T: Serialize>(
    table: Table,
    expires_at: UnixTime,
    value: &T,
) -> Result<Record, StoreError> {
    let body = serde_json::to_vec(value).map_err(|it| corrupt(table, &it))?;
    Ok(Record::new(table, expires_at, body))
}

pub(crate) fn decode<T: DeserializeOwned>(table: Table, record: &Record) -> Result<T, StoreError> {
    // There has been one format so far, and the store refuses newer ones.
    serde_json::from_slice(&record.body).map_err(|it| corrupt(table, &it))
}

fn corrupt(table: Table, error: &serde_json::Error) -> StoreError {
    StoreError::Corrupt(format!("a record of {}: {:?} error", table.name(), error.classify()))
}
