//! The token endpoint (OAuth 2.1 section 3.2).

mod answer;
mod authorization_code;
mod client_credentials;
mod jwt_bearer;
mod proven_key;
mod refresh_token;
mod scope;
mod token_exchange;

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Method, Response};
use oauth_types::{JwkThumbprint, ResourceUri, TokenErrorCode};

use self::proven_key::Proofs;

use crate::{
    AuthenticatedClient, Clients, DirectGrants, DpopProofVerifier, GrantPort, GrantType, IdentityAssertions,
    ServerSettings, TokenGrant, TokenRefusal,
    endpoint::{self, EndpointError},
    parameters::Parameters,
};

/// Exchanges codes and refresh tokens for tokens, and whatever else the settings offer.
#[derive(Clone, Debug)]
pub struct TokenEndpoint {
    settings: Arc<ServerSettings>,
    clients: Clients,
    grants: Arc<dyn GrantPort>,
    proofs: Proofs,
    direct: Option<Arc<dyn DirectGrants>>,
    assertions: Option<Arc<dyn IdentityAssertions>>,
}

/// A token request whose client is authenticated.
#[derive(Clone, Copy, Debug)]
struct TokenRequest<'a> {
    settings: &'a ServerSettings,
    parameters: &'a Parameters,
    client: &'a AuthenticatedClient,
    /// The key that it proves to have.
    key: Option<JwkThumbprint>,
}

/// What is granted, and the key that the access token is bound to.
struct Answered {
    grant_type: GrantType,
    grant: TokenGrant,
    key: Option<JwkThumbprint>,
}

impl TokenEndpoint {
    /// The methods of a token request.
    pub const METHODS: &[Method] = endpoint::POST_ONLY;

    /// The endpoint for these clients, whose grants are kept by `grants`.
    #[must_use]
    pub fn new(settings: Arc<ServerSettings>, clients: Clients, grants: Arc<dyn GrantPort>) -> Self {
        Self { settings, clients, grants, proofs: Proofs::default(), direct: None, assertions: None }
    }

    /// With somebody who checks DPoP proofs; without, a `DPoP` header means nothing.
    #[must_use]
    pub fn with_dpop(self, verifier: Arc<dyn DpopProofVerifier>) -> Self {
        Self { proofs: Proofs::by(verifier), ..self }
    }

    /// With somebody who makes grants without a code, which the further grant types of the settings need.
    #[must_use]
    pub fn with_direct_grants(self, direct: Arc<dyn DirectGrants>) -> Self {
        Self { direct: Some(direct), ..self }
    }

    /// With somebody who proves identity assertions, which trusted issuers of the settings need.
    #[must_use]
    pub fn with_identity_assertions(self, assertions: Arc<dyn IdentityAssertions>) -> Self {
        Self { assertions: Some(assertions), ..self }
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
            Ok(Answered { grant_type, grant, key }) => answer::render(&grant, grant_type, key.as_ref()),
            Err(error) => error.answer(Self::METHODS),
        };
        self.proofs.tell_nonce(headers, &mut answer);
        answer
    }

    async fn grant(&self, headers: &HeaderMap, parameters: &Parameters) -> Result<Answered, EndpointError> {
        let grant_type = self.grant_type(parameters)?;
        let client = endpoint::authenticate(&self.clients, headers, parameters).await?;
        let settings = &*self.settings;
        let request = TokenRequest { settings, parameters, client: &client, key: None };
        let proven = || -> Result<_, EndpointError> {
            Ok(TokenRequest { key: self.proofs.key(headers, &client, settings)?, ..request })
        };
        let (grant, key) = match grant_type {
            GrantType::AuthorizationCode => {
                let resources = request.of_grant_type(grant_type)?;
                self.check_known(headers, parameters, "code").await?;
                let TokenRequest { key, .. } = proven()?;
                let grants = &*self.grants;
                (authorization_code::redeem(grants, parameters, &client, &resources, key).await?, key)
            }
            GrantType::RefreshToken => {
                let resources = request.of_grant_type(grant_type)?;
                self.check_known(headers, parameters, "refresh_token").await?;
                let TokenRequest { key, .. } = proven()?;
                let grants = &*self.grants;
                (refresh_token::refresh(grants, parameters, &client, settings, &resources, key).await?, key)
            }
            GrantType::ClientCredentials => {
                let request = proven()?;
                (client_credentials::issue(self.direct()?, request).await?, request.key)
            }
            GrantType::JwtBearer => {
                let assertions = self.assertions.as_deref().ok_or(EndpointError::UnsupportedGrantType)?;
                let request = proven()?;
                (jwt_bearer::issue(self.direct()?, assertions, &self.clients, request).await?, request.key)
            }
            GrantType::TokenExchange => {
                let request = proven()?;
                (token_exchange::exchange(self.direct()?, request).await?, request.key)
            }
        };
        self.clients.used(client.client()).await;
        tracing::info!(grant_type = grant_type.as_str(), "tokens are issued");
        Ok(Answered { grant_type, grant, key })
    }

    /// Refuses what was never issued here before a proof is remembered for its sake: anybody can be a public client and
    /// make up codes, and a full memory of proofs would keep everybody out.
    async fn check_known(
        &self,
        headers: &HeaderMap,
        parameters: &Parameters,
        name: &'static str,
    ) -> Result<(), EndpointError> {
        match parameters.one(name)? {
            Some(presented) if Proofs::are_in(headers) && !self.grants.recognizes(presented).await? => {
                let (code, description) = (TokenErrorCode::InvalidGrant, "it was not issued here");
                Err(TokenRefusal::Refused { code, description }.into())
            }
            _ => Ok(()),
        }
    }

    /// The one that is asked for, if it is offered.
    fn grant_type(&self, parameters: &Parameters) -> Result<GrantType, EndpointError> {
        let name = parameters.one("grant_type")?;
        let name = name.ok_or(EndpointError::InvalidRequest("grant_type is missing"))?;
        let offered = self.settings.grant_types();
        offered.into_iter().find(|it| it.as_str() == name).ok_or(EndpointError::UnsupportedGrantType)
    }

    fn direct(&self) -> Result<&dyn DirectGrants, EndpointError> {
        self.direct.as_deref().ok_or(EndpointError::UnsupportedGrantType)
    }
}

impl TokenRequest<'_> {
    /// What the request says the tokens are for, if the client may use what it comes with.
    fn of_grant_type(&self, grant_type: GrantType) -> Result<Vec<ResourceUri>, EndpointError> {
        if !self.client.client().grant_types.contains(&grant_type) {
            return Err(EndpointError::UnauthorizedClient);
        }
        let resources = self.settings.requested_resources(self.parameters)?;
        Ok(resources.into_iter().map(|it| it.resource.clone()).collect())
    }
}

#[cfg(test)]
mod tests;
