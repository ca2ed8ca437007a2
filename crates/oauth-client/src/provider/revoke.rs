use http::Method;
use serde_json::json;
use url::Url;

use super::{Provider, Revoked};
use crate::{
    Endpoint, RevokeError, Temporary, ThirdPartyTokens, TokenAuth, answer::Reply, discovery::Endpoints,
    preset::RevokeStyle, token,
};

impl Provider {
    /// Revokes `tokens`, and no other tokens of the same person (RFC 7009, or the third party's own way).
    ///
    /// A token that is dead already counts as revoked.
    ///
    /// # Errors
    /// [`RevokeError`] when the third party cannot be asked, or refuses.
    pub async fn revoke(&self, tokens: &ThirdPartyTokens) -> Result<Revoked, RevokeError> {
        let endpoints = self.endpoints().await.map_err(RevokeError)?;
        let outcome = match (self.preset.revoke, &endpoints.revocation) {
            (RevokeStyle::Github, configured) => {
                match self.github_application(&endpoints, configured.as_ref()) {
                    Some(url) => self.delete_token(&url, tokens).await,
                    None => return Ok(Revoked::NotSupported),
                }
            }
            (RevokeStyle::None, _) | (_, None) => return Ok(Revoked::NotSupported),
            (RevokeStyle::Bearer, Some(url)) => self.revoke_itself(url, tokens).await,
            (RevokeStyle::TokenOnly, Some(url)) => self.revoke_each(url, tokens, None).await,
            (RevokeStyle::Rfc7009, Some(url)) => {
                let auth = self.auth(&endpoints);
                self.revoke_each(url, tokens, Some(auth)).await
            }
        };
        outcome.map(|()| Revoked::Done).map_err(RevokeError)
    }

    fn auth(&self, endpoints: &Endpoints) -> TokenAuth {
        token::auth_of(&self.settings, &self.preset, endpoints)
    }

    /// The refresh token first: it could make new access tokens, and most third parties revoke those with it
    /// (RFC 7009 section 2.1).
    async fn revoke_each(
        &self,
        url: &Url,
        tokens: &ThirdPartyTokens,
        auth: Option<TokenAuth>,
    ) -> Result<(), Temporary> {
        if let Some(refresh) = &tokens.refresh {
            let form = [("token", refresh.expose()), ("token_type_hint", "refresh_token")];
            let reply = self.caller().form(Endpoint::Revocation, url, &form, auth).await?;
            done(&reply)?;
        }
        let form = [("token", tokens.access.expose()), ("token_type_hint", "access_token")];
        let reply = self.caller().form(Endpoint::Revocation, url, &form, auth).await?;
        done(&reply)
    }

    async fn revoke_itself(&self, url: &Url, tokens: &ThirdPartyTokens) -> Result<(), Temporary> {
        let reply = self.caller().post(Endpoint::Revocation, url, &tokens.access, "{}").await?;
        if reply.refuses_token() { Ok(()) } else { done(&reply) }
    }

    /// "Delete an app token"; the grant itself stays, because other clients of the same person may use it.
    async fn delete_token(&self, url: &Url, tokens: &ThirdPartyTokens) -> Result<(), Temporary> {
        let body = json!({ "access_token": tokens.access.expose() });
        let reply = self.caller().json(Endpoint::Revocation, Method::DELETE, url, &body).await?;
        if matches!(reply.status, 404 | 422) { Ok(()) } else { done(&reply) }
    }
}

/// Success, or a refusal that means that the token is dead or cannot be revoked by itself.
fn done(reply: &Reply) -> Result<(), Temporary> {
    let dead = ["invalid_token", "unsupported_token_type"];
    match reply.error_code() {
        _ if matches!(reply.status, 200 | 204) => Ok(()),
        Some(code) if dead.contains(&code.as_str()) => Ok(()),
        Some(code) => Err(Temporary::Refused { endpoint: Endpoint::Revocation, code }),
        None => Err(reply.unexpected(Endpoint::Revocation, "no success")),
    }
}
