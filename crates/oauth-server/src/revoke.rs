//! The revocation endpoint (RFC 7009).

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Response, header::CACHE_CONTROL};

use crate::{
    Clients, GrantPort,
    endpoint::{self, EndpointError},
};

/// Ends the grants of tokens that clients give back.
#[derive(Clone, Debug)]
pub struct RevokeEndpoint {
    clients: Clients,
    grants: Arc<dyn GrantPort>,
}

impl RevokeEndpoint {
    /// The methods of a revocation request.
    pub const METHODS: &[Method] = endpoint::POST_ONLY;

    /// The endpoint for these clients, whose grants are kept by `grants`.
    #[must_use]
    pub fn new(clients: Clients, grants: Arc<dyn GrantPort>) -> Self {
        Self { clients, grants }
    }

    /// Answers a request, whatever it is; `query` is the part of the address after `?`.
    ///
    /// Success is an empty 200, also for a token that is unknown or another client's, which stays as it is
    /// (RFC 7009 section 2.2).
    #[tracing::instrument(name = "revoke", skip_all, fields(client.id = tracing::field::Empty))]
    pub async fn answer(
        &self,
        method: &Method,
        headers: &HeaderMap,
        query: Option<&str>,
        body: &[u8],
    ) -> Response<Bytes> {
        match self.revoke(method, headers, query, body).await {
            Ok(()) => {
                let mut response = Response::new(Bytes::new());
                response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
                response
            }
            Err(error) => error.answer(Self::METHODS),
        }
    }

    async fn revoke(
        &self,
        method: &Method,
        headers: &HeaderMap,
        query: Option<&str>,
        body: &[u8],
    ) -> Result<(), EndpointError> {
        let parameters = endpoint::read(method, headers, query, body, false)?;
        let client = endpoint::authenticate(&self.clients, headers, &parameters).await?;
        // The hint is not needed: a token says itself of which kind it is.
        let token = parameters.one("token")?.ok_or(EndpointError::InvalidRequest("token is missing"))?;
        self.grants.revoke(token, &client.client().id).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
