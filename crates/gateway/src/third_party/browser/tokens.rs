//! The tokens of third parties, on their way to where they are kept.

use oauth_client::ThirdPartyTokens;
use oauth_types::{ProviderId, Scope};
use session_binding::Authenticated;
use token_manager::{ThirdPartyAccessToken, ThirdPartyRefreshToken, TokenSet};

use super::{Browser, answer::Stop};
use crate::third_party::adapters::{Foundations, session_key};

impl Browser {
    /// Keeps the tokens of a sign-in as long as its session can live.
    ///
    /// Where the third party gave no refresh token this time, the one of the same session stays.
    pub(super) async fn keep_tokens(
        &self,
        who: &Authenticated,
        tokens: ThirdPartyTokens,
    ) -> Result<(), Stop> {
        let Foundations { sessions, tokens: kept_tokens, .. } = &self.parts.foundations;
        let key = session_key(who.session());
        let keep_until = self.parts.clock.now() + sessions.limits().absolute_timeout;
        let tokens = token_set(&who.principal().provider, tokens);
        let kept = kept_tokens.renew(&key, tokens, keep_until).await;
        kept.map_err(|error| Stop::unavailable(&error))
    }
}

/// The tokens in the words of the part that keeps them.
pub(super) fn token_set(provider: &ProviderId, tokens: ThirdPartyTokens) -> TokenSet {
    TokenSet {
        provider: provider.clone(),
        access_token: ThirdPartyAccessToken::new(tokens.access.expose().to_owned()),
        refresh_token: tokens.refresh.map(|it| ThirdPartyRefreshToken::new(it.expose().to_owned())),
        expires_at: tokens.expires_at,
        scope: scope_of(tokens.scope.as_deref()),
    }
}

/// A third party may write what is no scope by the standard; that is left out.
fn scope_of(names: Option<&[String]>) -> Scope {
    names.unwrap_or_default().iter().filter_map(|it| it.parse().ok()).collect()
}
