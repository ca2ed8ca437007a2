use std::{fmt, time::Duration};

use async_trait::async_trait;
use oauth_types::{ProviderId, Scope};

use super::{RefreshFailure, ThirdPartyAccessToken, ThirdPartyRefreshToken};
use crate::SessionKey;

/// Asks third parties for new tokens; a port, implemented where the OAuth client is known.
#[async_trait]
pub trait Refresher: fmt::Debug + Send + Sync {
    /// Uses `refresh_token` once, within some seconds.
    async fn refresh(
        &self,
        provider: &ProviderId,
        session: &SessionKey,
        refresh_token: &ThirdPartyRefreshToken,
    ) -> Result<RefreshedTokens, RefreshFailure>;
}

/// What a third party gave for a refresh token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefreshedTokens {
    /// `access_token`.
    pub access_token: ThirdPartyAccessToken,
    /// `refresh_token`; none means that the old one stays good.
    pub refresh_token: Option<ThirdPartyRefreshToken>,
    /// `expires_in`; none means that the access token does not expire.
    pub expires_in: Option<Duration>,
    /// `scope`; none means that it is unchanged.
    pub scope: Option<Scope>,
}
