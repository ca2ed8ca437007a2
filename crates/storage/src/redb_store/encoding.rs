//! How rows and index entries lie in the file.
//!
//! ```text
//! row key      table name, 0, key
//! row value    1 (version), format u16, revision u64, expires_at u64, length of the owner u8, owner, body, checksum u64
//! by expiry    expires_at u64, row key
//! by owner     length of the owner u8, owner, row key
//! ```
//!
//! Numbers are big-endian, so that entries sort as they should; index entries have no value.
//! The checksum covers the row's key and value: a row that rotted on the disk, or that stands under another key, is an error and never an answer.

use oauth_types::UnixTime;

use crate::{Key, Record, StoreError, Swept, Versioned};

/// The key of a row in the file.
pub(super) fn row_key(table: &str, key: &[u8]) -> Vec<u8> {
    [table.as_bytes(), &[0], key].concat()
}

/// The entry of a row in the index by expiry.
pub(super) fn expiry_entry(expires_at: UnixTime, row_key: &[u8]) -> Vec<u8> {
    [&expires_at.as_seconds().to_be_bytes(), row_key].concat()
}

/// Splits what [`expiry_entry`] made.
pub(super) fn parse_expiry_entry(entry: &[u8]) -> Result<(UnixTime, Swept), StoreError> {
    let mut rest = entry;
    let expires_at =
        take_array(&mut rest).map(u64::from_be_bytes).ok_or_else(|| corrupt("index entry", entry))?;
    Ok((UnixTime::from_seconds(expires_at), parse_row_key(rest)?))
}

/// The entry of a row in the index by owner; without a row's key, what all entries of the owner begin with.
pub(super) fn owner_entry(owner: &Key, row_key: &[u8]) -> Vec<u8> {
    [&[owner_len(owner)], owner.as_bytes(), row_key].concat()
}

/// The key in what [`row_key`] made.
pub(super) fn key_in(row_key: &[u8]) -> Result<Key, StoreError> {
    let mut parts = row_key.splitn(2, |&it| it == 0);
    let key = parts.nth(1).and_then(|it| Key::new(it).ok());
    key.ok_or_else(|| corrupt("key", row_key))
}

/// Splits what [`row_key`] made.
pub(super) fn parse_row_key(bytes: &[u8]) -> Result<Swept, StoreError> {
    let mut parts = bytes.splitn(2, |&it| it == 0);
    let table = parts.next().and_then(|it| str::from_utf8(it).ok());
    let key = parts.next().and_then(|it| Key::new(it).ok());
    table
        .zip(key)
        .map(|(table, key)| Swept { table: table.to_owned(), key })
        .ok_or_else(|| corrupt("key", bytes))
}

/// The value of a row.
pub(super) fn encode(row_key: &[u8], row: &Versioned) -> Vec<u8> {
    let Versioned { record, revision } = row;
    let mut bytes = Vec::with_capacity(record.body.len() + 192);
    bytes.push(VERSION);
    bytes.extend_from_slice(&record.format.to_be_bytes());
    bytes.extend_from_slice(&revision.to_be_bytes());
    bytes.extend_from_slice(&record.expires_at.as_seconds().to_be_bytes());
    bytes.push(record.owner.as_ref().map_or(0, owner_len));
    bytes.extend_from_slice(record.owner.as_ref().map_or(&[], Key::as_bytes));
    bytes.extend_from_slice(&record.body);
    let checksum = checksum(row_key, &bytes);
    bytes.extend_from_slice(&checksum.to_be_bytes());
    bytes
}

/// Reads what [`encode`] made for the same key.
pub(super) fn decode(row_key: &[u8], bytes: &[u8]) -> Result<Versioned, StoreError> {
    parse(row_key, bytes).ok_or_else(|| corrupt("record", row_key))
}

fn parse(row_key: &[u8], bytes: &[u8]) -> Option<Versioned> {
    let (content, found) = bytes.split_last_chunk()?;
    if checksum(row_key, content) != u64::from_be_bytes(*found) {
        return None;
    }
    let mut rest = content;
    let [version] = take_array(&mut rest)?;
    if version != VERSION {
        return None;
    }
    let format = u16::from_be_bytes(take_array(&mut rest)?);
    let revision = u64::from_be_bytes(take_array(&mut rest)?);
    let expires_at = UnixTime::from_seconds(u64::from_be_bytes(take_array(&mut rest)?));
    let [owner_len] = take_array(&mut rest)?;
    let (owner, body) = rest.split_at_checked(usize::from(owner_len))?;
    let owner = if owner.is_empty() { None } else { Some(Key::new(owner).ok()?) };
    Some(Versioned { record: Record { expires_at, owner, format, body: body.to_vec() }, revision })
}

fn owner_len(owner: &Key) -> u8 {
    const { assert!(Key::MAX_LEN <= 255, "the length of a key fits one byte") };
    u8::try_from(owner.as_bytes().len()).unwrap_or(u8::MAX)
}

fn take_array<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (first, others) = rest.split_first_chunk()?;
    *rest = others;
    Some(*first)
}

/// FNV-1a with 64 bits: it finds every change within one byte, and nearly every other accident.
/// It proves nothing against somebody who writes to the file: what must withstand that is sealed by its owner.
fn checksum(row_key: &[u8], content: &[u8]) -> u64 {
    let bytes = row_key.iter().chain(content);
    bytes.fold(0xcbf2_9ce4_8422_2325, |sum, &byte| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

fn corrupt(what: &str, bytes: &[u8]) -> StoreError {
    StoreError::Corrupt(format!("the {what} {} makes no sense", bytes.escape_ascii()))
}

const VERSION: u8 = 1;

#[cfg(test)]
mod tests;
