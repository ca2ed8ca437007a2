use aws_lc_rs::{constant_time, digest};
use oauth_types::{ClientId, CodeChallenge, UnixTime};

use super::{EndCause, terms::Terms};
use crate::KeyId;

/// A grant as it is stored: what was agreed, and where it is in its life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Grant {
    pub(crate) terms: Terms,
    pub(crate) state: State,
}

/// ```text
/// CodeIssued ─▶ Live ─▶ Ended
///      └───────────────▶ ┘
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum State {
    CodeIssued(CodeIssued),
    Live(Live),
    Ended(Ended),
}

/// The code is on its way to the client; there are no tokens yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CodeIssued {
    pub(crate) code: Digest,
    pub(crate) challenge: CodeChallenge,
    pub(crate) redirect_uri: Box<str>,
    pub(crate) expires_at: UnixTime,
    /// How often the code came with something wrong.
    pub(crate) failures: u8,
}

/// Tokens are out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Live {
    /// The number of the one refresh token that is good; the one before it may be repeated for a while.
    pub(crate) generation: u64,
    pub(crate) rotated_at: UnixTime,
    /// The master key under which the refresh token of this generation was made.
    pub(crate) key_id: KeyId,
    /// What the redemption of the code showed, to recognise a second one.
    pub(crate) code_proof: Digest,
    /// When it was last used, to a few minutes.
    pub(crate) last_used_at: UnixTime,
}

/// Over. The record stays until the grant's absolute end, so that nothing can begin it anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ended {
    pub(crate) cause: EndCause,
    pub(crate) at: UnixTime,
}

/// A SHA-256 digest, compared in constant time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Digest(pub(crate) [u8; 32]);

impl Digest {
    pub(crate) fn of(purpose: &str, parts: &[&[u8]]) -> Self {
        let mut context = digest::Context::new(&digest::SHA256);
        for part in std::iter::once(purpose.as_bytes()).chain(parts.iter().copied()) {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        let mut bytes = [0; 32];
        bytes.copy_from_slice(context.finish().as_ref());
        Self(bytes)
    }

    /// The digest of all that a valid redemption shows.
    pub(crate) fn code_proof(
        code: &Self,
        client_id: &ClientId,
        redirect_uri: &str,
        challenge: &CodeChallenge,
    ) -> Self {
        let (client_id, challenge) = (client_id.as_str().as_bytes(), challenge.as_str().as_bytes());
        Self::of("code proof", &[&code.0, client_id, redirect_uri.as_bytes(), challenge])
    }
}

impl PartialEq for Digest {
    fn eq(&self, other: &Self) -> bool {
        constant_time::verify_slices_are_equal(&self.0, &other.0).is_ok()
    }
}

impl Eq for Digest {}
