//! The introspection endpoint (RFC 7662).

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Method, Response};
use oauth_types::{Actor, Issuer, JwkThumbprint, ResourceUri};
use serde::Serialize;

use crate::{
    AuthenticatedClient, Clients, GrantPort, ServerSettings, TokenFacts,
    endpoint::{self, EndpointError},
};

/// Tells confidential clients, and the resource servers among them, what a token is.
#[derive(Clone, Debug)]
pub struct IntrospectEndpoint {
    settings: Arc<ServerSettings>,
    clients: Clients,
    grants: Arc<dyn GrantPort>,
}

impl IntrospectEndpoint {
    /// The methods of an introspection request.
    pub const METHODS: &[Method] = endpoint::POST_ONLY;

    /// The endpoint for these clients, whose grants are kept by `grants`.
    #[must_use]
    pub fn new(settings: Arc<ServerSettings>, clients: Clients, grants: Arc<dyn GrantPort>) -> Self {
        Self { settings, clients, grants }
    }

    /// Answers a request, whatever it is; `query` is the part of the address after `?`.
    ///
    /// A token that is not good now, or that the caller may not know of, is `{"active":false}` and nothing else
    /// (RFC 7662 section 2.2). A client sees its own tokens;
    /// those of [`ServerSettings::introspect_all`] see every token.
    #[tracing::instrument(name = "introspect", skip_all, fields(client.id = tracing::field::Empty))]
    pub async fn answer(
        &self,
        method: &Method,
        headers: &HeaderMap,
        query: Option<&str>,
        body: &[u8],
    ) -> Response<Bytes> {
        match self.introspect(method, headers, query, body).await {
            Ok(Some(facts)) => endpoint::json(&Members::of(&facts, self.settings.issuer())),
            Ok(None) => endpoint::json(&Inactive { active: false }),
            Err(error) => error.answer(Self::METHODS),
        }
    }

    async fn introspect(
        &self,
        method: &Method,
        headers: &HeaderMap,
        query: Option<&str>,
        body: &[u8],
    ) -> Result<Option<TokenFacts>, EndpointError> {
        let parameters = endpoint::read(method, headers, query, body, false)?;
        let client = endpoint::authenticate(&self.clients, headers, &parameters).await?;
        // Whoever names a public client proved nothing, and must not probe tokens (RFC 7662 section 2.1).
        if client.client().is_public() {
            return Err(EndpointError::PublicClient);
        }
        let token = parameters.one("token")?.ok_or(EndpointError::InvalidRequest("token is missing"))?;
        let facts = self.grants.introspect(token).await?;
        Ok(facts.filter(|it| self.may_see(&client, it)))
    }

    fn may_see(&self, client: &AuthenticatedClient, facts: &TokenFacts) -> bool {
        let caller = &client.client().id;
        facts.client_id == *caller || self.settings.introspect_all.contains(caller)
    }
}

#[derive(Serialize)]
struct Inactive {
    active: bool,
}

/// What is told of a good token (RFC 7662 section 2.2).
#[derive(Serialize)]
struct Members<'a> {
    active: bool,
    iss: &'a Issuer,
    client_id: &'a str,
    sub: &'a str,
    aud: &'a ResourceUri,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    iat: u64,
    exp: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cnf: Option<Confirmation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    act: Option<&'a Actor>,
}

/// The key that the sender of the token must prove to have (RFC 9449 section 6.2).
#[derive(Serialize)]
struct Confirmation {
    jkt: JwkThumbprint,
}

impl<'a> Members<'a> {
    fn of(facts: &'a TokenFacts, issuer: &'a Issuer) -> Self {
        Self {
            active: true,
            iss: issuer,
            client_id: facts.client_id.as_str(),
            sub: &facts.subject,
            aud: &facts.resource,
            scope: (!facts.scope.is_empty()).then(|| facts.scope.to_string()),
            iat: facts.issued_at.as_seconds(),
            exp: facts.expires_at.as_seconds(),
            token_type: facts.is_access_token.then_some(if facts.key.is_some() { "DPoP" } else { "Bearer" }),
            cnf: facts.key.map(|jkt| Confirmation { jkt }),
            act: facts.actor.as_ref(),
        }
    }
}

#[cfg(test)]
mod tests;
