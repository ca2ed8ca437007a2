//! The token endpoint (OAuth 2.1 section 3.2).

mod answer;
mod authorization_code;
mod proven_key;
mod refresh_token;

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Method, Response};
use oauth_types::JwkThumbprint;
use proven_key::Proofs;

use crate::{
    AuthenticatedClient, Clients, DpopProofVerifier, GrantPort, GrantType, ServerSettings, TokenGrant,
    endpoint::{self, EndpointError},
    parameters::Parameters,
};

/// Exchanges codes and refresh tokens for tokens.
#[derive(Clone, Debug)]
pub struct TokenEndpoint {
    settings: Arc<ServerSettings>,
    clients: Clients,
    grants: Arc<dyn GrantPort>,
    proofs: Proofs,
}

impl TokenEndpoint {
    /// The methods of a token request.
    pub const METHODS: &[Method] = endpoint::POST_ONLY;

    /// The endpoint for these clients, whose grants are kept by `grants`.
    #[must_use]
    pub fn new(settings: Arc<ServerSettings>, clients: Clients, grants: Arc<dyn GrantPort>) -> Self {
        Self { settings, clients, grants, proofs: Proofs::default() }
    }

    /// With somebody who checks DPoP proofs; without, a `DPoP` header means nothing.
    #[must_use]
    pub fn with_dpop(self, verifier: Arc<dyn DpopProofVerifier>) -> Self {
        Self { proofs: Proofs::by(verifier), ..self }
    }

    /// Answers a request, whatever it is; `query` is the part of the address after `?`.
    ///
    /// Everything that can be judged without the grant is judged before it is asked for, so a request that is refused
    /// has used nothing up.
    #[tracing::instrument(name = "token", skip_all, fields(client.id = tracing::field::Empty))]
    pub async fn answer(
        &self,
        method: &Method,
        headers: &HeaderMap,
        query: Option<&str>,
        body: &[u8],
    ) -> Response<Bytes> {
        let json = self.settings.json_token_requests;
        let outcome = match endpoint::read(method, headers, query, body, json) {
            Ok(parameters) => self.grant(headers, &parameters).await,
            Err(error) => Err(error),
        };
        let mut answer = match outcome {
            Ok((grant, key)) => answer::render(&grant, key.as_ref()),
            Err(error) => error.answer(Self::METHODS),
        };
        self.proofs.tell_nonce(headers, &mut answer);
        answer
    }

    /// What is granted, and the key that the access token is bound to.
    async fn grant(
        &self,
        headers: &HeaderMap,
        parameters: &Parameters,
    ) -> Result<(TokenGrant, Option<JwkThumbprint>), EndpointError> {
        let grant_type = grant_type(parameters)?;
        let client = endpoint::authenticate(&self.clients, headers, parameters).await?;
        check_grant_type(&client, grant_type)?;
        let resources = self.settings.requested_resources(parameters)?;
        let resources: Vec<_> = resources.into_iter().map(|it| it.resource.clone()).collect();
        let key = self.proofs.key(headers, &client, &self.settings)?;
        let grant = match grant_type {
            GrantType::AuthorizationCode => {
                authorization_code::redeem(&*self.grants, parameters, &client, &resources, key).await?
            }
            GrantType::RefreshToken => {
                let settings = &self.settings;
                refresh_token::refresh(&*self.grants, parameters, &client, settings, &resources, key).await?
            }
        };
        self.clients.used(client.client()).await;
        tracing::info!(grant_type = grant_type.as_str(), "tokens are issued");
        Ok((grant, key))
    }
}

fn grant_type(parameters: &Parameters) -> Result<GrantType, EndpointError> {
    let name = parameters.one("grant_type")?.ok_or(EndpointError::InvalidRequest("grant_type is missing"))?;
    let known = [GrantType::AuthorizationCode, GrantType::RefreshToken];
    known.into_iter().find(|it| it.as_str() == name).ok_or(EndpointError::UnsupportedGrantType)
}

fn check_grant_type(client: &AuthenticatedClient, grant_type: GrantType) -> Result<(), EndpointError> {
    if client.client().grant_types.contains(&grant_type) {
        Ok(())
    } else {
        Err(EndpointError::UnauthorizedClient)
    }
}

#[cfg(test)]
mod tests;
