use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use oauth_types::{Entropy, GrantId};
use zeroize::Zeroizing;

use super::state::Digest;

oauth_types::secret! {
    /// An authorization code: `ac1.` and 43 characters of base64url, good for one redemption.
    pub struct AuthorizationCode;
}

/// A code that somebody presents: the grant it names, and the digest that the grant's record must have.
#[derive(Debug)]
pub(super) struct PresentedCode {
    pub(super) grant: GrantId,
    pub(super) digest: Digest,
}

impl AuthorizationCode {
    /// A code with 128 random bits, and its digest.
    pub(super) fn issue(grant: &GrantId, entropy: &dyn Entropy) -> (Self, Digest) {
        let mut bytes = Zeroizing::new([0; 32]);
        let (id, random) = bytes.split_at_mut(16);
        id.copy_from_slice(grant.as_bytes());
        entropy.fill(random);
        let text = Self::new(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(*bytes)));
        let digest = digest(text.expose());
        (text, digest)
    }
}

impl PresentedCode {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let encoded = text.strip_prefix(PREFIX).filter(|it| it.len() == 43)?;
        let bytes = URL_SAFE_NO_PAD.decode(encoded).ok()?;
        let (grant, _) = bytes.split_first_chunk()?;
        Some(Self { grant: GrantId::from_bytes(*grant), digest: digest(text) })
    }
}

fn digest(text: &str) -> Digest {
    Digest::of("authorization code", &[text.as_bytes()])
}

const PREFIX: &str = "ac1.";
