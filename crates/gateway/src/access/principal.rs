use std::{net::IpAddr, sync::Arc, time::Duration};

use oauth_types::{ClaimPath, ClientId, Scope, Subject, UnixTime};
use serde_json::Value;
use token_validate::ValidatedToken;
use tokio_util::sync::CancellationToken;

use super::{Caller, ways::Nobody};
use crate::{access_log::SubjectDigest, api_keys::ApiKey};

/// Proof of who calls, by whichever way it was proven; what comes after asks for nothing else.
///
/// It has no constructor outside of [`crate::access`] and holds no credential, so none can be passed on upstream.
#[derive(Clone, Debug)]
pub(crate) struct Principal {
    way: Way,
    caller: Arc<Caller>,
}

/// How a principal was proven.
#[derive(Clone, Debug)]
enum Way {
    /// A token passed every check.
    Token(ValidatedToken),
    /// An API key is a live one of the server.
    ApiKey(Arc<ApiKey>),
    /// No credential came, and what is asked for needs none.
    Anonymous(Arc<Nobody>),
    /// No credential came, and the request is of this machine.
    Loopback(Arc<Nobody>),
}

impl Principal {
    /// Whoever `token` speaks for.
    pub(super) fn by_token(token: ValidatedToken) -> Self {
        Self { caller: token.derived(Caller::of), way: Way::Token(token) }
    }

    /// Whoever has `key`.
    pub(super) fn by_api_key(key: Arc<ApiKey>) -> Self {
        Self { caller: Arc::clone(key.caller()), way: Way::ApiKey(key) }
    }

    /// Anybody, at `client`.
    pub(super) fn anonymous(nobody: &Arc<Nobody>, client: IpAddr) -> Self {
        Self { caller: Arc::new(nobody.at(client)), way: Way::Anonymous(Arc::clone(nobody)) }
    }

    /// Any program of this machine.
    pub(super) fn by_loopback(nobody: &Arc<Nobody>, caller: &Arc<Caller>) -> Self {
        Self { caller: Arc::clone(caller), way: Way::Loopback(Arc::clone(nobody)) }
    }

    /// Whether no credential came, so that one might still.
    pub(super) const fn is_nobody(&self) -> bool {
        match &self.way {
            Way::Token(_) | Way::ApiKey(_) => false,
            Way::Anonymous(_) | Way::Loopback(_) => true,
        }
    }

    /// The token that proved it, if it was one.
    pub(crate) const fn token(&self) -> Option<&ValidatedToken> {
        match &self.way {
            Way::Token(token) => Some(token),
            Way::ApiKey(_) | Way::Anonymous(_) | Way::Loopback(_) => None,
        }
    }

    /// The key that proved it, if it was one.
    pub(super) fn api_key(&self) -> Option<&ApiKey> {
        match &self.way {
            Way::ApiKey(key) => Some(key),
            Way::Token(_) | Way::Anonymous(_) | Way::Loopback(_) => None,
        }
    }

    /// Who vouches for the subject: the issuer of a token, a URL of `http` or `https`; for every other way an URN of
    /// the gateway, so that no two ways can produce the same issuer and subject.
    pub(crate) fn issuer(&self) -> &str {
        match &self.way {
            Way::Token(token) => token.issuer().as_str(),
            Way::ApiKey(_) => ApiKey::ISSUER,
            Way::Anonymous(nobody) | Way::Loopback(nobody) => nobody.issuer,
        }
    }

    /// Who calls, unique within [`Principal::issuer`].
    pub(crate) fn subject(&self) -> &Subject {
        match &self.way {
            Way::Token(token) => token.subject(),
            Way::ApiKey(key) => key.subject(),
            Way::Anonymous(nobody) | Way::Loopback(nobody) => &nobody.subject,
        }
    }

    /// Through which OAuth client, if that is known.
    pub(crate) fn client_id(&self) -> Option<&ClientId> {
        self.token()?.client_id()
    }

    /// What it may do, with all that this implies.
    pub(crate) fn scope(&self) -> &Scope {
        match &self.way {
            Way::Token(token) => token.scope(),
            Way::ApiKey(key) => key.scope(),
            Way::Anonymous(nobody) | Way::Loopback(nobody) => &nobody.scope,
        }
    }

    /// A claim of its token.
    pub(crate) fn claim(&self, path: &ClaimPath) -> Option<&Value> {
        self.token()?.claim(path)
    }

    /// When it ends, without leeway; `None` if no time is set.
    pub(crate) fn expires_at(&self) -> Option<UnixTime> {
        match &self.way {
            Way::Token(token) => Some(token.expires_at()),
            Way::ApiKey(key) => key.expires_at(),
            Way::Anonymous(_) | Way::Loopback(_) => None,
        }
    }

    /// Until when it is accepted: tokens for `leeway` longer than they say, since others' clocks set their times.
    pub(crate) fn accepted_until(&self, leeway: Duration) -> Option<UnixTime> {
        match &self.way {
            Way::Token(token) => Some(token.expires_at() + leeway),
            Way::ApiKey(_) | Way::Anonymous(_) | Way::Loopback(_) => self.expires_at(),
        }
    }

    /// Cancelled when it ends before its time, beside what a grant behind it says; `None` if nothing can end it.
    pub(super) fn ends(&self) -> Option<&CancellationToken> {
        match &self.way {
            Way::Token(token) => token.key_withdrawn(),
            Way::ApiKey(key) => Some(key.ended()),
            Way::Anonymous(_) | Way::Loopback(_) => None,
        }
    }

    /// Whether it was proven by a token with the proof of its key.
    pub(crate) fn is_bound_to_key(&self) -> bool {
        self.token().is_some_and(|it| it.key_thumbprint().is_some())
    }

    /// Whether it showed a credential: who did not is asked for one where it may do too little.
    pub(crate) const fn has_credential(&self) -> bool {
        match &self.way {
            Way::Token(_) | Way::ApiKey(_) => true,
            Way::Anonymous(_) | Way::Loopback(_) => false,
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
