use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use oauth_types::Entropy;
use storage::Key;

use crate::clients::sha256;

oauth_types::secret! {
    /// The name of a pushed request: whoever knows it can bring the request to the authorization endpoint.
    pub(crate) struct RequestUri;
}

impl RequestUri {
    /// A name with 256 random bits (RFC 9126 section 7.1).
    pub(super) fn random(entropy: &dyn Entropy) -> Self {
        let mut bytes = [0; 32];
        entropy.fill(&mut bytes);
        Self::new(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// The name that a browser brings, if it is of the kind that is given here.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let name = text.strip_prefix(PREFIX)?;
        let is_whole = name.len() == LENGTH
            && name.bytes().all(|it| it.is_ascii_alphanumeric() || matches!(it, b'-' | b'_'));
        is_whole.then(|| Self::new(text.to_owned()))
    }

    /// Whether `text` means to be one, well formed or not; others would have to be fetched.
    pub(crate) fn is_meant(text: &str) -> bool {
        text.starts_with(PREFIX)
    }

    /// What it is kept under.
    pub(super) fn key(&self) -> Key {
        Key::of(sha256(&[b"request_uri", &[0], self.expose().as_bytes()]))
    }
}

/// The form of RFC 9126 section 2.2.
const PREFIX: &str = "urn:ietf:params:oauth:request_uri:";
/// 32 bytes in base64url.
const LENGTH: usize = 43;
