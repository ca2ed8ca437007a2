use oauth_types::{ProviderId, Scope, UnixTime};

use super::{RefreshedTokens, ThirdPartyTokenError};

oauth_types::secret! {
    /// An access token that a third party issued to us.
    pub struct ThirdPartyAccessToken;
}

oauth_types::secret! {
    /// A refresh token that a third party issued to us.
    pub struct ThirdPartyRefreshToken;
}

/// The tokens of one third-party session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenSet {
    /// Who issued them.
    pub provider: ProviderId,
    /// The access token.
    pub access_token: ThirdPartyAccessToken,
    /// The refresh token, if there is one.
    pub refresh_token: Option<ThirdPartyRefreshToken>,
    /// When the access token ends, if it does.
    pub expires_at: Option<UnixTime>,
    /// What they permit there.
    pub scope: Scope,
}

impl TokenSet {
    /// Whether the access token has not ended.
    #[must_use]
    pub fn holds_at(&self, now: UnixTime) -> bool {
        self.expires_at.is_none_or(|it| now < it)
    }

    pub(super) fn usable_at(self, now: UnixTime) -> Result<ThirdPartyAccessToken, ThirdPartyTokenError> {
        if self.holds_at(now) { Ok(self.access_token) } else { Err(ThirdPartyTokenError::Expired) }
    }

    /// These tokens of a new sign-in, with the refresh token of `old` if they have none of their own.
    pub(super) fn renewing(self, old: Self) -> Self {
        let old = Some(old).filter(|it| it.provider == self.provider).and_then(|it| it.refresh_token);
        Self { refresh_token: self.refresh_token.or(old), ..self }
    }

    pub(super) fn refreshed(self, new: RefreshedTokens, now: UnixTime) -> Self {
        Self {
            provider: self.provider,
            access_token: new.access_token,
            refresh_token: new.refresh_token.or(self.refresh_token),
            expires_at: new.expires_in.map(|it| now + it),
            scope: new.scope.unwrap_or(self.scope),
        }
    }
}
