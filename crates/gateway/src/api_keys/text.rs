use std::fmt::Write as _;

use aws_lc_rs::digest::{SHA256, digest};
use oauth_types::Entropy;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

oauth_types::secret! {
    /// The text of an API key: `mcpgw_`, 64 digits of entropy, and 8 digits by which a scanner can tell it from chance;
    /// all of them hexadecimal and lower-case.
    pub struct ApiKeyText;
}

/// SHA-256 of the text of a key: what is kept of it.
///
/// The text has 256 bits of entropy, so its digest needs neither salt nor stretching, and to look it up in a table tells
/// nobody how close a guess was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct KeyDigest([u8; 32]);

impl ApiKeyText {
    /// A new key, which nobody can guess.
    pub(crate) fn draw(entropy: &dyn Entropy) -> Self {
        let mut random = [0; 32];
        entropy.fill(&mut random);
        let mut text = String::with_capacity(LENGTH);
        text.push_str(PREFIX);
        push_hexadecimal(&mut text, &random);
        let check = sha_256(text.as_bytes());
        push_hexadecimal(&mut text, check.first_chunk::<CHECK_BYTES>().unwrap_or(&[0; CHECK_BYTES]));
        Self::new(text)
    }

    pub(crate) fn digest(&self) -> KeyDigest {
        KeyDigest(sha_256(self.expose().as_bytes()))
    }
}

impl KeyDigest {
    /// The digest of what a client sent, if that has the form of a key.
    pub(crate) fn of_presented(text: &str) -> Option<Self> {
        let digits = text.strip_prefix(PREFIX)?;
        let is_digit = |it: u8| matches!(it, b'0'..=b'9' | b'a'..=b'f');
        if text.len() != LENGTH || !digits.bytes().all(is_digit) {
            return None;
        }
        let (checked, check) = text.split_at_checked(LENGTH - 2 * CHECK_BYTES)?;
        let mut expected = String::with_capacity(2 * CHECK_BYTES);
        push_hexadecimal(&mut expected, sha_256(checked.as_bytes()).first_chunk::<CHECK_BYTES>()?);
        (check == expected).then(|| Self(sha_256(text.as_bytes())))
    }
}

/// Whether a credential is meant as a key, however badly it is written: then nothing else is made of it.
pub(crate) fn is_meant_as_key(credential: &str) -> bool {
    credential.as_bytes().get(..PREFIX.len()).is_some_and(|it| it.eq_ignore_ascii_case(PREFIX.as_bytes()))
}

impl Serialize for KeyDigest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut text = String::with_capacity(64);
        push_hexadecimal(&mut text, &self.0);
        serializer.serialize_str(&text)
    }
}

impl<'de> Deserialize<'de> for KeyDigest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        from_hexadecimal(&text)
            .map(Self)
            .ok_or_else(|| de::Error::custom("a digest has 64 hexadecimal digits"))
    }
}

fn from_hexadecimal(text: &str) -> Option<[u8; 32]> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let mut bytes = [0; 32];
    if !rest.is_empty() || pairs.len() != bytes.len() {
        return None;
    }
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        let digit = |it: u8| char::from(it).to_digit(16).and_then(|it| u8::try_from(it).ok());
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Some(bytes)
}

fn push_hexadecimal(text: &mut String, bytes: &[u8]) {
    for byte in bytes {
        // Writing into memory does not fail.
        write!(text, "{byte:02x}").ok();
    }
}

pub(super) fn sha_256(bytes: &[u8]) -> [u8; 32] {
    let mut all = [0; 32];
    all.copy_from_slice(digest(&SHA256, bytes).as_ref());
    all
}

/// By which scanners for leaked secrets know a key, and we tell it from a token.
const PREFIX: &str = "mcpgw_";
const CHECK_BYTES: usize = 4;
const LENGTH: usize = PREFIX.len() + 2 * 32 + 2 * CHECK_BYTES;
