use std::sync::Arc;

use oauth_types::{ClaimPath, ClientId, Scope, Subject, UnixTime};
use serde_json::Value;
use token_validate::ValidatedToken;
use tokio_util::sync::CancellationToken;

use super::caller::Caller;
use crate::access_log::SubjectDigest;

/// Proof of who calls, by whichever way it was proven; what comes after asks for nothing else.
///
/// It has no constructor outside of [`crate::access`] and holds no credential, so none can be passed on upstream.
#[derive(Debug)]
pub(crate) struct Principal {
    way: Way,
    caller: Arc<Caller>,
}

/// How a principal was proven.
#[derive(Debug)]
enum Way {
    /// A token passed every check.
    Token(ValidatedToken),
}

#[expect(clippy::unnecessary_wraps, reason = "other ways than a token need not have these")]
impl Principal {
    /// Whoever `token` speaks for.
    pub(super) fn by_token(token: ValidatedToken) -> Self {
        Self { caller: token.derived(Caller::of), way: Way::Token(token) }
    }

    /// The token that proved it, if it was one.
    pub(super) const fn token(&self) -> Option<&ValidatedToken> {
        match &self.way {
            Way::Token(token) => Some(token),
        }
    }

    /// Who vouches for the subject: the issuer of a token, an `https` or loopback `http` URL.
    pub(crate) fn issuer(&self) -> &str {
        match &self.way {
            Way::Token(token) => token.issuer().as_str(),
        }
    }

    /// Who calls, unique within [`Principal::issuer`].
    pub(crate) fn subject(&self) -> &Subject {
        match &self.way {
            Way::Token(token) => token.subject(),
        }
    }

    /// Through which OAuth client, if that is known.
    pub(crate) fn client_id(&self) -> Option<&ClientId> {
        match &self.way {
            Way::Token(token) => token.client_id(),
        }
    }

    /// What it may do, with all that this implies.
    pub(crate) fn scope(&self) -> &Scope {
        match &self.way {
            Way::Token(token) => token.scope(),
        }
    }

    /// A claim of its token.
    pub(crate) fn claim(&self, path: &ClaimPath) -> Option<&Value> {
        match &self.way {
            Way::Token(token) => token.claim(path),
        }
    }

    /// When it ends, without leeway; `None` if no time is set.
    pub(crate) fn expires_at(&self) -> Option<UnixTime> {
        match &self.way {
            Way::Token(token) => Some(token.expires_at()),
        }
    }

    /// Cancelled when it ends before its time, beside what a grant behind it says; `None` if nothing can end it.
    pub(super) fn ends(&self) -> Option<&CancellationToken> {
        match &self.way {
            Way::Token(token) => token.key_withdrawn(),
        }
    }

    /// Whether it was proven by a token with the proof of its key.
    pub(crate) fn is_bound_to_key(&self) -> bool {
        match &self.way {
            Way::Token(token) => token.key_thumbprint().is_some(),
        }
    }

    /// A text that no other caller shares, whichever way they came: what MCP sessions are bound to.
    pub(crate) fn unique_name(&self) -> &Arc<str> {
        &self.caller.unique_name
    }

    /// Who calls, for logs and limits.
    pub(crate) fn subject_digest(&self) -> SubjectDigest {
        self.caller.subject
    }
}
