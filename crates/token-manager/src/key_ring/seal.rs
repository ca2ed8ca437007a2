use std::fmt;

use aws_lc_rs::aead::{Aad, Nonce};
use oauth_types::SystemEntropy;
use storage::{ChosenRevision, Key, Table};
use zeroize::{Zeroize, Zeroizing};

use super::{KeyId, KeyRing, KeyRingError, Keys};

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
    /// The number of a write to come is a [`ChosenRevision`]; that of a record that was read is its
    /// [`revision`](storage::Versioned::revision).
    #[must_use]
    pub const fn of_write(table: Table, key: &'a Key, revision: u64) -> Self {
        Self { table, key, revision: Some(revision) }
    }

    /// What is named by `key`, for a text of which there is only ever one of that name.
    #[must_use]
    pub const fn of_record(table: Table, key: &'a Key) -> Self {
        Self { table, key, revision: None }
    }

    /// Whether a text of this version can be one of this context.
    ///
    /// Before records of these tables had their present format, their texts named no write: such ones count where the
    /// store may still have them.
    const fn admits(&self, version: u8, format: u16, older: bool) -> bool {
        version == OF_WRITE || self.revision.is_none() || older && format < self.table.format()
    }

    const fn version(&self) -> u8 {
        if self.revision.is_some() { OF_WRITE } else { OF_RECORD }
    }
}

/// The number of the next write of a sealed record.
pub(crate) fn next_revision() -> ChosenRevision {
    ChosenRevision::random(&SystemEntropy)
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
    /// What does not open is logged as an error: somebody may have written to the store.
    ///
    /// # Errors
    /// [`OpenError`] with the cause; a lost master key is named.
    pub fn open(&self, context: SealContext<'_>, format: u16, sealed: &[u8]) -> Result<Opened, OpenError> {
        let opened = self.try_open(context, format, sealed);
        opened.inspect_err(|error| {
            tracing::error!(table = context.table.name(), %error, "a sealed record cannot be opened");
        })
    }

    /// The same for whoever tells of all that do not open.
    pub(crate) fn try_open(
        &self,
        context: SealContext<'_>,
        format: u16,
        sealed: &[u8],
    ) -> Result<Opened, OpenError> {
        let sealed = Sealed::read(sealed).ok_or(OpenError::Malformed)?;
        let ring = self.ring();
        let keys = ring.find(sealed.id).ok_or(OpenError::MissingKey(sealed.id))?;
        if !context.admits(sealed.version, format, self.opens_older_texts()) {
            return Err(OpenError::Forged);
        }
        let plaintext = keys.open(context, format, &sealed).ok_or(OpenError::Forged)?;
        Ok(Opened { plaintext, reseal: sealed.id != ring.current.id || format != context.table.format() })
    }
}

impl Keys {
    fn open(&self, context: SealContext<'_>, format: u16, sealed: &Sealed<'_>) -> Option<Zeroizing<Vec<u8>>> {
        let aad = associated_data(sealed.version, self.id, context, format);
        let mut plaintext = Zeroizing::new(sealed.text.to_vec());
        let nonce = Nonce::assume_unique_for_key(sealed.nonce);
        let length = self.sealing.open_in_place(nonce, Aad::from(aad), &mut plaintext).ok()?.len();
        plaintext.truncate(length);
        Some(plaintext)
    }
}

/// A sealed text, not opened.
struct Sealed<'a> {
    version: u8,
    id: KeyId,
    nonce: [u8; 12],
    /// With its tag.
    text: &'a [u8],
}

impl<'a> Sealed<'a> {
    fn read(bytes: &'a [u8]) -> Option<Self> {
        let (&version, rest) = bytes.split_first()?;
        let (id, rest) = rest.split_first_chunk()?;
        let (&nonce, text) = rest.split_first_chunk()?;
        let known = matches!(version, OF_RECORD | OF_WRITE);
        known.then_some(Self { version, id: KeyId::from_bytes(*id), nonce, text })
    }
}

/// Which key sealed the text, without opening it.
pub(crate) fn sealed_with(sealed: &[u8]) -> Option<KeyId> {
    Sealed::read(sealed).map(|it| it.id)
}

impl fmt::Debug for Opened {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Opened").field("reseal", &self.reseal).finish_non_exhaustive()
    }
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
