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
    /// Not sealed by this key for this place: changed, or moved here from another record or table.
    #[error("not sealed for this record, or changed since")]
    Forged,
    /// Not the output of [`KeyRing::seal`].
    #[error("not a sealed text of a known version")]
    Malformed,
}

impl KeyRing {
    /// Encrypts and authenticates `plaintext` for one place: the record `key` of `table`, in the table's format.
    ///
    /// AES-256-GCM-SIV (RFC 8452) with a random nonce; 33 bytes longer than the plaintext.
    ///
    /// # Errors
    /// [`KeyRingError::Library`] if the cryptographic library fails.
    pub fn seal(&self, table: Table, key: &Key, plaintext: &[u8]) -> Result<Vec<u8>, KeyRingError> {
        let ring = self.ring();
        let keys = &ring.current;
        let aad = associated_data(keys.id, table, table.format(), key);
        let mut text = Vec::with_capacity(plaintext.len() + OVERHEAD);
        text.extend_from_slice(plaintext);
        let sealed = keys.sealing.seal_in_place_append_tag(Aad::from(aad), &mut text);
        let Ok(nonce) = sealed else {
            text.zeroize();
            return Err(KeyRingError::Library);
        };
        let mut output = Vec::with_capacity(text.len() + OVERHEAD);
        output.push(VERSION);
        output.extend_from_slice(keys.id.as_bytes());
        output.extend_from_slice(nonce.as_ref());
        output.extend_from_slice(&text);
        Ok(output)
    }

    /// Opens what [`KeyRing::seal`] made for the record `key` of `table` when the table's format was `format`.
    ///
    /// # Errors
    /// [`OpenError`] with the cause; a lost master key is named.
    pub fn open(&self, table: Table, format: u16, key: &Key, sealed: &[u8]) -> Result<Opened, OpenError> {
        let (id, nonce, text) = split(sealed).ok_or(OpenError::Malformed)?;
        let ring = self.ring();
        let keys = ring.find(id).ok_or(OpenError::MissingKey(id))?;
        let aad = associated_data(id, table, format, key);
        let mut plaintext = Zeroizing::new(text.to_vec());
        let length = keys
            .sealing
            .open_in_place(Nonce::assume_unique_for_key(nonce), Aad::from(aad), &mut plaintext)
            .map_err(|_| OpenError::Forged)?
            .len();
        plaintext.truncate(length);
        Ok(Opened { plaintext, reseal: id != ring.current.id || format != table.format() })
    }
}

/// Which key sealed the text, without opening it.
pub(crate) fn sealed_with(sealed: &[u8]) -> Option<KeyId> {
    split(sealed).map(|(id, ..)| id)
}

impl fmt::Debug for Opened {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Opened").field("reseal", &self.reseal).finish_non_exhaustive()
    }
}

fn split(sealed: &[u8]) -> Option<(KeyId, [u8; 12], &[u8])> {
    let (version, rest) = sealed.split_first()?;
    let (id, rest) = rest.split_first_chunk()?;
    let (nonce, text) = rest.split_first_chunk()?;
    (*version == VERSION).then_some((KeyId::from_bytes(*id), *nonce, text))
}

/// Where the text belongs: every part but the last has its length before it or a fixed one, so no two places agree.
fn associated_data(id: KeyId, table: Table, format: u16, key: &Key) -> Vec<u8> {
    let name = table.name().as_bytes();
    let mut aad = Vec::with_capacity(name.len() + key.as_bytes().len() + 16);
    aad.push(VERSION);
    aad.extend_from_slice(id.as_bytes());
    aad.extend_from_slice(&format.to_be_bytes());
    aad.extend_from_slice(&(name.len() as u64).to_be_bytes());
    aad.extend_from_slice(name);
    aad.extend_from_slice(key.as_bytes());
    aad
}

const VERSION: u8 = 1;
/// Version, key id, nonce, tag.
const OVERHEAD: usize = 1 + 4 + 12 + 16;
