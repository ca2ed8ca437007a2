use oauth_types::{
    ClientId, CodeChallenge, JwkThumbprint, Principal, RedirectUri, ResourceUri, Scope, UnixTime,
};
use storage::{InvalidKey, Key};

/// What a person has allowed a client, for which [`Grants::issue_code`](super::Grants::issue_code) makes a code.
#[derive(Clone, Debug)]
pub struct NewGrant {
    /// Who may redeem the code.
    pub client_id: ClientId,
    /// Who allowed it; their [`Principal::to_subject`] is the `sub` of access tokens.
    pub principal: Principal,
    /// The `redirect_uri` of the authorization request, as the client wrote it.
    pub redirect_uri: RedirectUri,
    /// What was allowed.
    pub scope: Scope,
    /// Where tokens are good: their `aud`.
    pub resource: ResourceUri,
    /// The `code_challenge` of the authorization request.
    pub code_challenge: CodeChallenge,
    /// The third-party session that the grant rests on, if it rests on one.
    pub session: Option<SessionKey>,
    /// Whether refresh tokens are issued; without them the grant ends with its first access token.
    pub refreshable: bool,
    /// The key without whose proof nobody redeems the code (`dpop_jkt`, RFC 9449 section 10).
    pub key: Option<JwkThumbprint>,
}

/// Names what a grant rests on, a third-party session above all, in whatever way the part that keeps it does: 1 to 128
/// bytes, no secret.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionKey(Key);

/// What does not change while a grant lives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Terms {
    pub(crate) client_id: ClientId,
    pub(crate) principal: Principal,
    pub(crate) scope: Scope,
    pub(crate) resource: ResourceUri,
    pub(crate) session: Option<SessionKey>,
    pub(crate) refreshable: bool,
    /// The key without whose proof nobody gets tokens: for the code, and after it for refresh tokens
    /// (RFC 9449 sections 5 and 10).
    pub(crate) key: Option<JwkThumbprint>,
    pub(crate) created_at: UnixTime,
    /// The grant's absolute end.
    pub(crate) expires_at: UnixTime,
}

impl SessionKey {
    /// The key of these bytes.
    ///
    /// # Errors
    /// [`InvalidKey`] if there are none, or more than 128.
    pub fn new(bytes: impl AsRef<[u8]>) -> Result<Self, InvalidKey> {
        Key::new(bytes).map(Self)
    }

    /// The bytes as given.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    pub(crate) const fn as_key(&self) -> &Key {
        &self.0
    }

    pub(crate) const fn from_key(key: Key) -> Self {
        Self(key)
    }
}

impl Terms {
    /// Whether a request that proves this key, or none, may have tokens.
    pub(crate) fn opens_to(&self, key: Option<JwkThumbprint>) -> bool {
        self.key.is_none() || self.key == key
    }

    /// Whether too little is left for tokens to be of use.
    pub(super) fn is_nearly_over(&self, now: UnixTime) -> bool {
        self.expires_at.saturating_since(now) < super::settings::LEAST_LIFETIME
    }

    pub(super) fn covers(&self, resources: &[ResourceUri]) -> bool {
        resources.iter().all(|it| *it == self.resource)
    }
}
