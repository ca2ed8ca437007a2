use std::borrow::Cow;

use oauth2::{CsrfToken, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope};
use url::Url;

use super::{Begun, Provider};
use crate::{SignInError, StateSecrets, discovery::Endpoints, preset::ForwardResource, token::scopes};

impl Provider {
    /// Begins a sign-in that comes back to `callback`, which must be this provider's own
    /// (RFC 9700 section 4.4: mix-up).
    ///
    /// # Errors
    /// [`SignInError::Temporary`] when the metadata cannot be had.
    pub async fn begin(&self, callback: &Url) -> Result<Begun, SignInError> {
        let endpoints = self.endpoints().await.map_err(SignInError::Temporary)?;
        let entropy = &*self.ports.entropy;
        let secrets = StateSecrets::draw(self.id(), callback, entropy, |state| self.settings_digest(state));
        let authorize_url = self.authorize_url(&endpoints, &secrets);
        Ok(Begun { authorize_url, secrets })
    }

    fn authorize_url(&self, endpoints: &Endpoints, secrets: &StateSecrets) -> Url {
        let client = self.client(endpoints);
        let mut request = client
            .authorize_url(|| CsrfToken::new(secrets.state.expose().to_owned()))
            .set_redirect_uri(Cow::Owned(RedirectUrl::from_url(secrets.callback.clone())));
        if self.uses_pkce() {
            let verifier = PkceCodeVerifier::new(secrets.verifier.expose().to_owned());
            request = request.set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier));
        }
        if self.preset.is_openid() {
            request = request.add_extra_param("nonce", secrets.nonce.expose().to_owned());
        }
        let wanted = scopes::wanted(&self.settings, &self.preset, endpoints);
        let scope = scopes::parameter(&wanted, &self.settings, &self.preset);
        match self.preset.scope_parameter {
            _ if scope.is_empty() => {}
            "scope" => request = request.add_scope(Scope::new(scope)),
            other => request = request.add_extra_param(other, scope),
        }
        for (name, value) in self.further_parameters(endpoints) {
            request = request.add_extra_param(name, value);
        }
        request.url().0
    }

    /// The operator's parameters, and the preset's that the operator did not replace.
    fn further_parameters(&self, endpoints: &Endpoints) -> Vec<(String, String)> {
        let mut parameters = self.settings.authorize_parameters.clone();
        let offline = scopes::offline_parameters(&self.settings, &self.preset, endpoints);
        for (name, value) in self.preset.authorize_parameters.iter().chain(offline) {
            if !parameters.iter().any(|(known, _)| known == name) {
                parameters.push(((*name).to_owned(), (*value).to_owned()));
            }
        }
        let resource_parameter = match self.preset.resource {
            ForwardResource::Never => None,
            ForwardResource::Resource => Some("resource"),
            ForwardResource::Audience => Some("audience"),
        };
        if let (Some(name), Some(resource)) = (resource_parameter, &self.settings.resource) {
            parameters.push((name.to_owned(), resource.clone()));
        }
        parameters
    }
}
