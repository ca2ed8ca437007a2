use std::fmt;

use aws_lc_rs::aead::{Aad, Nonce};
use storage::{Key, Table};
use zeroize::{Zeroize, Zeroizing};

use super::{KeyId, KeyRing, KeyRingError};

/// What was sealed.
pub struct Opened {
    /// The bytes as given to [`KeyRing::seal`]; wiped when dropped.
    pub plaintext: Zeroizing<Vec<u8>>,
    /// An older key or format was used: seal and write the record anew when convenient.
    pub reseal: bool,
}

/// Why bytes cannot be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The ring lacks the key that sealed them.
    #[error("sealed with the master key {0}, which the key ring does not have")]
    MissingKey(KeyId),
    /// Not sealed by this key for this place: changed, moved here from another record or table, or of an earlier write.
    #[error("not sealed for this record as it stands, or changed since")]
    Forged,
    /// Not the output of [`KeyRing::seal`].
    #[error("not a sealed text of a known version")]
    Malformed,
}

/// What a sealed text belongs to, and does not open without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SealContext<'a> {
    table: Table,
    key: &'a Key,
    revision: Option<u64>,
}

impl<'a> SealContext<'a> {
    /// The record `key` of `table` as the write of the number `revision` leaves it: the text of an earlier write, put in
    /// the place of a later one, does not open.
    ///
    /// The number of a write to come is [`RecordStore::reserve`](storage::RecordStore::reserve)'s; that of a record that
    /// was read is its [`revision`](storage::Versioned::revision).
    #[must_use]
    pub const fn of_write(table: Table, key: &'a Key, revision: u64) -> Self {
        Self { table, key, revision: Some(revision) }
    }

    /// The record `key` of `table`, for a text of which the record only ever has one.
    #[must_use]
    pub const fn of_record(table: Table, key: &'a Key) -> Self {
        Self { table, key, revision: None }
    }

    /// Whether a text of this version can be one of this context whose record has the format `format`.
    const fn admits(&self, version: u8, format: u16) -> bool {
        match self.revision {
            None => version == OF_RECORD,
            // Before records of these tables had their present format, their texts named no write.
            Some(_) => version == OF_WRITE || version == OF_RECORD && format < self.table.format(),
        }
    }

    const fn version(&self) -> u8 {
        if self.revision.is_some() { OF_WRITE } else { OF_RECORD }
    }
}

impl KeyRing {
    /// Encrypts and authenticates `plaintext` for one place: that of `context`, in the present format of its table.
    ///
    /// AES-256-GCM-SIV (RFC 8452) with a random nonce; 33 bytes longer than the plaintext.
    ///
    /// # Errors
    /// [`KeyRingError::Library`] if the cryptographic library fails.
    pub fn seal(&self, context: SealContext<'_>, plaintext: &[u8]) -> Result<Vec<u8>, KeyRingError> {
        let ring = self.ring();
        let keys = &ring.current;
        let version = context.version();
        let aad = associated_data(version, keys.id, context, context.table.format());
        let mut text = Vec::with_capacity(plaintext.len() + OVERHEAD);
        text.extend_from_slice(plaintext);
        let sealed = keys.sealing.seal_in_place_append_tag(Aad::from(aad), &mut text);
        let Ok(nonce) = sealed else {
            text.zeroize();
            return Err(KeyRingError::Library);
        };
        let mut output = Vec::with_capacity(text.len() + OVERHEAD);
        output.push(version);
        output.extend_from_slice(keys.id.as_bytes());
        output.extend_from_slice(nonce.as_ref());
        output.extend_from_slice(&text);
        Ok(output)
    }

    /// Opens what [`KeyRing::seal`] made for `context` when the format of its table was `format`.
    ///
    /// # Errors
    /// [`OpenError`] with the cause; a lost master key is named.
    pub fn open(&self, context: SealContext<'_>, format: u16, sealed: &[u8]) -> Result<Opened, OpenError> {
        let (version, id, nonce, text) = split(sealed).ok_or(OpenError::Malformed)?;
        let ring = self.ring();
        let keys = ring.find(id).ok_or(OpenError::MissingKey(id))?;
        if !context.admits(version, format) {
            return Err(OpenError::Forged);
        }
        let aad = associated_data(version, id, context, format);
        let mut plaintext = Zeroizing::new(text.to_vec());
        let length = keys
            .sealing
            .open_in_place(Nonce::assume_unique_for_key(nonce), Aad::from(aad), &mut plaintext)
            .map_err(|_| OpenError::Forged)?
            .len();
        plaintext.truncate(length);
        Ok(Opened { plaintext, reseal: id != ring.current.id || format != context.table.format() })
    }
}

/// Which key sealed the text, without opening it.
pub(crate) fn sealed_with(sealed: &[u8]) -> Option<KeyId> {
    split(sealed).map(|(_, id, ..)| id)
}

impl fmt::Debug for Opened {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Opened").field("reseal", &self.reseal).finish_non_exhaustive()
    }
}

fn split(sealed: &[u8]) -> Option<(u8, KeyId, [u8; 12], &[u8])> {
    let (version, rest) = sealed.split_first()?;
    let (id, rest) = rest.split_first_chunk()?;
    let (nonce, text) = rest.split_first_chunk()?;
    let known = matches!(*version, OF_RECORD | OF_WRITE);
    known.then_some((*version, KeyId::from_bytes(*id), *nonce, text))
}

/// Where the text belongs: every part but the last has its length before it or a fixed one, so no two places agree.
fn associated_data(version: u8, id: KeyId, context: SealContext<'_>, format: u16) -> Vec<u8> {
    let (name, key) = (context.table.name().as_bytes(), context.key.as_bytes());
    let mut aad = Vec::with_capacity(name.len() + key.len() + 24);
    aad.push(version);
    aad.extend_from_slice(id.as_bytes());
    if let (OF_WRITE, Some(revision)) = (version, context.revision) {
        aad.extend_from_slice(&revision.to_be_bytes());
    }
    aad.extend_from_slice(&format.to_be_bytes());
    aad.extend_from_slice(&(name.len() as u64).to_be_bytes());
    aad.extend_from_slice(name);
    aad.extend_from_slice(key);
    aad
}

/// The version of texts that belong to a record, whichever write of it.
const OF_RECORD: u8 = 1;
/// The version of texts that belong to one write of a record.
const OF_WRITE: u8 = 2;
/// Version, key id, nonce, tag.
const OVERHEAD: usize = 1 + 4 + 12 + 16;
