use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response};
use oauth_types::JwkThumbprint;

use crate::{
    AuthenticatedClient, DpopError, DpopProofVerifier, ServerSettings, endpoint::EndpointError, paths,
};

/// The proofs of token requests, if this server takes any (RFC 9449 section 5).
#[derive(Clone, Debug, Default)]
pub(super) struct Proofs(Option<Arc<dyn DpopProofVerifier>>);

impl Proofs {
    pub(super) fn by(verifier: Arc<dyn DpopProofVerifier>) -> Self {
        Self(Some(verifier))
    }

    /// Whether the request comes with a proof, whatever it is worth.
    pub(super) fn are_in(headers: &HeaderMap) -> bool {
        headers.contains_key(DPOP)
    }

    /// The key that the request proves to have; `None` if it came without a proof and may.
    ///
    /// To be called when all else about the request is known to be good, since it uses the proof up.
    pub(super) fn key(
        &self,
        headers: &HeaderMap,
        client: &AuthenticatedClient,
        settings: &ServerSettings,
    ) -> Result<Option<JwkThumbprint>, EndpointError> {
        let Some(verifier) = &self.0 else { return Ok(None) };
        if headers.contains_key(DPOP) {
            return Ok(Some(verifier.verify(headers, &settings.url(paths::TOKEN))?));
        }
        if settings.dpop_required || client.client().dpop_bound_access_tokens {
            return Err(DpopError::Invalid("a DPoP proof is required").into());
        }
        Ok(None)
    }

    /// Tells a client that came with a proof what its next one must hold (RFC 9449 sections 8 and 8.2).
    pub(super) fn tell_nonce(&self, headers: &HeaderMap, answer: &mut Response<Bytes>) {
        let nonce = self.0.as_ref().filter(|_| headers.contains_key(DPOP)).and_then(|it| it.nonce());
        let nonce = nonce.and_then(|it| HeaderValue::try_from(it).ok());
        answer.headers_mut().extend(nonce.map(|it| (DPOP_NONCE, it)));
    }
}

const DPOP: HeaderName = HeaderName::from_static("dpop");
const DPOP_NONCE: HeaderName = HeaderName::from_static("dpop-nonce");
