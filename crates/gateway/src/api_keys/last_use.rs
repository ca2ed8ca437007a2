//! When keys were used last: kept in memory, and written beside their file now and then.

use std::{collections::BTreeMap, path::Path};

use oauth_types::UnixTime;

use super::{
    file::{KeyFileError, beside, read_bytes, replace},
    record::KeyId,
};

/// The times by key.
pub(super) type LastUse = BTreeMap<KeyId, UnixTime>;

/// What was written last for the keys of the file at `path`; nothing if that cannot be read.
pub(super) fn read(path: &Path) -> LastUse {
    let bytes = read_bytes(&beside(path, SUFFIX)).ok().flatten();
    bytes.and_then(|it| serde_json::from_slice(&it).ok()).unwrap_or_default()
}

/// Writes `times` for the keys of the file at `path`.
///
/// # Errors
/// [`KeyFileError::Write`].
pub(super) fn write(path: &Path, times: &LastUse) -> Result<(), KeyFileError> {
    let text = serde_json::to_vec_pretty(times).map_err(|it| KeyFileError::Write(it.into()))?;
    Ok(replace(&beside(path, SUFFIX), &text)?)
}

const SUFFIX: &str = "last-use";
