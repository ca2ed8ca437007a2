use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response};

use crate::{DpopError, DpopProof, DpopProofVerifier};

/// The DPoP proofs of requests, if this server takes any (RFC 9449 section 5).
#[derive(Clone, Debug, Default)]
pub(crate) struct Proofs(Option<Arc<dyn DpopProofVerifier>>);

impl Proofs {
    pub(crate) fn by(verifier: Arc<dyn DpopProofVerifier>) -> Self {
        Self(Some(verifier))
    }

    pub(crate) const fn are_taken(&self) -> bool {
        self.0.is_some()
    }

    /// The proof of a request to `url`, which is not used up yet; `None` if it came without one.
    pub(crate) fn shown(
        &self,
        headers: &HeaderMap,
        url: &str,
    ) -> Result<Option<Box<dyn DpopProof>>, DpopError> {
        let verifier = self.0.as_ref().filter(|_| headers.contains_key(DPOP));
        verifier.map(|it| it.verify(headers, url)).transpose()
    }

    /// Tells a client that came with a proof what its next one must hold (RFC 9449 sections 8 and 8.2).
    pub(crate) fn tell_nonce(&self, headers: &HeaderMap, answer: &mut Response<Bytes>) {
        let nonce = self.0.as_ref().filter(|_| headers.contains_key(DPOP)).and_then(|it| it.nonce());
        let nonce = nonce.and_then(|it| HeaderValue::try_from(it).ok());
        answer.headers_mut().extend(nonce.map(|it| (DPOP_NONCE, it)));
    }
}

const DPOP: HeaderName = HeaderName::from_static("dpop");
const DPOP_NONCE: HeaderName = HeaderName::from_static("dpop-nonce");
