//! Pushed authorization requests (RFC 9126).

mod error;
mod request_uri;
mod requests;

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Method, Response, StatusCode};
use serde::Serialize;

pub use requests::PushedRequests;

pub(crate) use request_uri::RequestUri;

use crate::{
    AuthorizeEndpoint, Clients, DpopError, DpopProofVerifier, ServerSettings,
    endpoint::{self, EndpointError, Proofs},
    parameters::Parameters,
    paths,
};
use error::PushError;

/// Takes authorization requests from clients themselves, and gives each a name for the browser to bring.
#[derive(Clone, Debug)]
pub struct PushEndpoint {
    settings: Arc<ServerSettings>,
    clients: Clients,
    authorize: AuthorizeEndpoint,
    requests: PushedRequests,
    proofs: Proofs,
}

impl PushEndpoint {
    /// The methods of a pushed request.
    pub const METHODS: &[Method] = endpoint::POST_ONLY;

    /// The endpoint for these clients; its requests are judged as at `/authorize` and kept by `requests`.
    #[must_use]
    pub fn new(settings: Arc<ServerSettings>, clients: Clients, requests: PushedRequests) -> Self {
        let authorize = AuthorizeEndpoint::new(Arc::clone(&settings), clients.clone());
        Self { settings, clients, authorize, requests, proofs: Proofs::default() }
    }

    /// With somebody who checks DPoP proofs; without, a `DPoP` header means nothing.
    #[must_use]
    pub fn with_dpop(self, verifier: Arc<dyn DpopProofVerifier>) -> Self {
        Self { proofs: Proofs::by(verifier), ..self }
    }

    /// Answers a request, whatever it is; `query` is the part of the address after `?`, and `source` is where the request
    /// came from, as an address, or `None` if nobody can tell.
    ///
    /// The client authenticates as at the token endpoint; every check of an authorization request is made now, and again
    /// when the browser brings the name (RFC 9126 section 2.1).
    #[tracing::instrument(name = "push", skip_all, fields(client.id = tracing::field::Empty))]
    pub async fn answer(
        &self,
        method: &Method,
        headers: &HeaderMap,
        query: Option<&str>,
        body: &[u8],
        source: Option<&[u8]>,
    ) -> Response<Bytes> {
        let mut answer = match self.push(method, headers, query, body, source).await {
            Ok(request_uri) => {
                let expires_in = PushedRequests::LIFETIME.as_secs();
                let mut response = endpoint::json(&Members { request_uri: request_uri.expose(), expires_in });
                *response.status_mut() = StatusCode::CREATED;
                response
            }
            Err(error) => error.answer(Self::METHODS),
        };
        self.proofs.tell_nonce(headers, &mut answer);
        answer
    }

    async fn push(
        &self,
        method: &Method,
        headers: &HeaderMap,
        query: Option<&str>,
        body: &[u8],
        source: Option<&[u8]>,
    ) -> Result<RequestUri, PushError> {
        let json = self.settings.json_token_requests;
        let parameters = endpoint::read(method, headers, query, body, json)?;
        let client = endpoint::authenticate(&self.clients, headers, &parameters).await?;
        let client = client.client();
        if parameters.has("request_uri") {
            let description = "request_uri cannot be pushed";
            return Err(EndpointError::InvalidRequest(description).into());
        }
        let parameters = of_the_request(&parameters, client.id.as_str());
        let parameters = self.bound_to_key(headers, parameters)?;
        self.authorize.check_pushed(&parameters, client)?;
        let request_uri = self.requests.keep(&parameters, source).await?;
        tracing::info!("an authorization request is pushed");
        Ok(request_uri)
    }
}

impl PushEndpoint {
    /// A proof of a key says the same as `dpop_jkt` (RFC 9449 section 10.1).
    ///
    /// It is not used up, so that strangers fill no memory by pushing: who brings it again gets a request whose code
    /// needs the key all the same.
    fn bound_to_key(&self, headers: &HeaderMap, parameters: Parameters) -> Result<Parameters, EndpointError> {
        let Some(proof) = self.proofs.shown(headers, &self.settings.url(paths::PUSH))? else {
            return Ok(parameters);
        };
        let key = proof.key().to_string();
        match parameters.one(DPOP_JKT)? {
            Some(named) if named == key => Ok(parameters),
            Some(_) => Err(DpopError::Invalid("the DPoP proof is by another key than dpop_jkt names").into()),
            None => Ok(parameters.with(DPOP_JKT, key.into_bytes())),
        }
    }
}

/// A successful answer (RFC 9126 section 2.2).
#[derive(Serialize)]
struct Members<'a> {
    request_uri: &'a str,
    expires_in: u64,
}

/// What belongs to the authorization request: all that is judged at `/authorize`, and no credential.
fn of_the_request(parameters: &Parameters, client_id: &str) -> Parameters {
    let named = |name: &str| name != "client_id" && JUDGED.contains(&name);
    let mut pairs = parameters.select(named);
    pairs.push(("client_id".to_owned(), client_id.as_bytes().to_vec()));
    Parameters::from_pairs(pairs)
}

const DPOP_JKT: &str = "dpop_jkt";

/// Every parameter that a check of the authorization endpoint looks at; others would be ignored there too.
const JUDGED: [&str; 15] = [
    "authorization_details",
    "claims",
    "client_id",
    "code_challenge",
    "code_challenge_method",
    DPOP_JKT,
    "prompt",
    "redirect_uri",
    "request",
    "request_uri",
    "resource",
    "response_mode",
    "response_type",
    "scope",
    "state",
];

#[cfg(test)]
mod tests;
