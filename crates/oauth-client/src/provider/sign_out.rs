use super::{Provider, prove::Unproven};
use crate::{
    IdToken, LogoutTokenRefusal, SignOut, ThirdPartyTokens, discovery::Endpoints, id_token, logout_token,
};

impl Provider {
    /// What the third party says in `logout_token`, proven to be its own, for this client and fresh
    /// (OpenID Connect Back-Channel Logout 1.0 section 2.6).
    ///
    /// Whether the same token was here before is for the caller to see, by [`SignOut::token_id`].
    ///
    /// # Errors
    /// [`LogoutTokenRefusal`]; all but `Temporary` are the token's fault.
    pub async fn sign_out(&self, logout_token: &str) -> Result<SignOut, LogoutTokenRefusal> {
        if !self.preset.is_openid() {
            return Err(LogoutTokenRefusal::NotOpenId);
        }
        let endpoints = self.endpoints().await.map_err(LogoutTokenRefusal::Temporary)?;
        let token = IdToken::new(logout_token.to_owned());
        let claims = self.prove_logout(&endpoints, &token).await.map_err(|error| match error {
            Unproven::Refused(refusal) => LogoutTokenRefusal::Token(refusal),
            Unproven::Temporary(error) => LogoutTokenRefusal::Temporary(error),
        })?;
        let named = logout_token::check(&claims)?;
        let principal = named.sub.and_then(|it| self.mapping.principal_of_sub(self.id(), it));
        let sid = named.sid.map(str::to_owned);
        if principal.is_none() && sid.is_none() {
            return Err(LogoutTokenRefusal::Nobody);
        }
        Ok(SignOut { principal, sid, token_id: named.token_id.to_owned() })
    }

    /// What the third party calls the sign-in of `tokens`, whose ID token was proven, if it says later by that name
    /// that the sign-in has ended.
    pub(super) fn sid_of(&self, endpoints: &Endpoints, tokens: &ThirdPartyTokens) -> Option<String> {
        let token =
            tokens.id_token.as_ref().filter(|_| endpoints.tells_of_sign_outs && self.preset.is_openid())?;
        let claims = id_token::unverified_claims(token).ok()?;
        logout_token::text(&claims, "sid").map(str::to_owned)
    }
}
