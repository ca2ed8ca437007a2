//! The token endpoint (OAuth 2.1 section 3.2).

mod answer;
mod authorization_code;
mod client_credentials;
mod jwt_bearer;
mod refresh_token;
mod scope;
mod token_exchange;

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Method, Response};
use oauth_types::{JwkThumbprint, ResourceUri};

use crate::{
    AuthenticatedClient, Clients, DirectGrants, DpopError, DpopProof, DpopProofVerifier, GrantPort,
    GrantType, IdentityAssertions, ServerSettings, TokenGrant,
    endpoint::{self, EndpointError, Proofs},
    parameters::Parameters,
    paths,
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
    /// The proof of a key that it came with.
    proof: Option<&'a dyn DpopProof>,
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
        let proof = self.proof(headers, &client)?;
        let proof = proof.as_deref();
        let request = TokenRequest { settings, parameters, client: &client, proof };
        let grants = &*self.grants;
        let grant = match grant_type {
            GrantType::AuthorizationCode => {
                let resources = request.of_grant_type(grant_type)?;
                authorization_code::redeem(grants, parameters, &client, &resources, proof).await?
            }
            GrantType::RefreshToken => {
                let resources = request.of_grant_type(grant_type)?;
                refresh_token::refresh(grants, parameters, &client, settings, &resources, proof).await?
            }
            GrantType::ClientCredentials => client_credentials::issue(self.direct()?, request).await?,
            GrantType::JwtBearer => {
                let assertions = self.assertions.as_deref().ok_or(EndpointError::UnsupportedGrantType)?;
                jwt_bearer::issue(self.direct()?, assertions, &self.clients, request).await?
            }
            GrantType::TokenExchange => token_exchange::exchange(self.direct()?, request).await?,
        };
        let key = proof.map(DpopProof::key);
        self.clients.used(client.client()).await;
        tracing::info!(grant_type = grant_type.as_str(), "tokens are issued");
        Ok(Answered { grant_type, grant, key })
    }

    /// The proof of the request, which is not used up yet; `None` if it came without one and may.
    fn proof(
        &self,
        headers: &HeaderMap,
        client: &AuthenticatedClient,
    ) -> Result<Option<Box<dyn DpopProof>>, EndpointError> {
        let settings = &self.settings;
        let proof = self.proofs.shown(headers, &settings.url(paths::TOKEN))?;
        let is_required = settings.dpop_required || client.client().dpop_bound_access_tokens;
        if proof.is_none() && is_required && self.proofs.are_taken() {
            return Err(DpopError::Invalid("a DPoP proof is required").into());
        }
        Ok(proof)
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
    /// The key that the request proves to have, by a proof that is used up now.
    fn spent(&self) -> Result<Option<JwkThumbprint>, EndpointError> {
        let Some(proof) = self.proof else { return Ok(None) };
        proof.spend()?;
        Ok(Some(proof.key()))
    }

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
