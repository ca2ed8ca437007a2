use std::borrow::Cow;

use oauth2::{AuthorizationCode, PkceCodeVerifier, RedirectUrl};

use super::Provider;
use crate::{
    EndedReason, Endpoint, RefreshError, RefreshToken, StateSecrets, Temporary, ThirdPartyTokens,
    discovery::Endpoints,
    preset::ForwardResource,
    token::{self, TokenFailure, scopes},
};

impl Provider {
    /// Exchanges `refresh` for fresh tokens (RFC 6749 section 6).
    ///
    /// The caller makes sure that one refresh token is exchanged once only, and stores a new one before it is used:
    /// most third parties rotate them, and take a second use for theft.
    ///
    /// # Errors
    /// [`RefreshError::Ended`] only for a structured refusal of the refresh token itself; whatever else goes wrong
    /// is [`RefreshError::Temporary`].
    pub async fn refresh(&self, refresh: &RefreshToken) -> Result<ThirdPartyTokens, RefreshError> {
        let endpoints = self.endpoints().await.map_err(RefreshError::Temporary)?;
        let client = self.client(&endpoints);
        let refresh = oauth2::RefreshToken::new(refresh.expose().to_owned());
        let mut request = client.exchange_refresh_token(&refresh);
        for (name, value) in self.token_parameters(&endpoints) {
            request = request.add_extra_param(name, value);
        }
        let outcome = request.request_async(&self.sender()).await;
        token::tokens(outcome, &self.settings, &self.preset, self.ports.clock.now()).map_err(|it| match it {
            TokenFailure::Grant(code) => RefreshError::Ended(EndedReason::Refused(code)),
            TokenFailure::Temporary(error) => RefreshError::Temporary(error),
            TokenFailure::Nonsense(what) => {
                RefreshError::Temporary(Temporary::Unreadable { endpoint: Endpoint::Token, what })
            }
        })
    }

    /// Exchanges `code` for tokens (RFC 6749 section 4.1.3, RFC 7636 section 4.5).
    pub(super) async fn exchange(
        &self,
        endpoints: &Endpoints,
        code: String,
        secrets: &StateSecrets,
    ) -> Result<ThirdPartyTokens, TokenFailure> {
        let client = self.client(endpoints);
        let mut request = client
            .exchange_code(AuthorizationCode::new(code))
            .set_redirect_uri(Cow::Owned(RedirectUrl::from_url(secrets.callback.clone())));
        if self.uses_pkce() {
            request = request.set_pkce_verifier(PkceCodeVerifier::new(secrets.verifier.expose().to_owned()));
        }
        for (name, value) in self.token_parameters(endpoints) {
            request = request.add_extra_param(name, value);
        }
        let outcome = request.request_async(&self.sender()).await;
        token::tokens(outcome, &self.settings, &self.preset, self.ports.clock.now())
    }

    fn sender(&self) -> token::Sender<'_> {
        token::Sender { http: &*self.ports.http, preset: &self.preset }
    }

    /// What both token requests carry besides the standard's parameters.
    fn token_parameters(&self, endpoints: &Endpoints) -> Vec<(&'static str, String)> {
        let mut parameters = Vec::new();
        if self.preset.scope_at_token {
            let wanted = scopes::wanted(&self.settings, &self.preset, endpoints);
            parameters.push(("scope", scopes::parameter(&wanted, &self.settings, &self.preset)));
        }
        if let (ForwardResource::Resource, Some(resource)) = (self.preset.resource, &self.settings.resource) {
            parameters.push(("resource", resource.clone()));
        }
        parameters
    }
}
