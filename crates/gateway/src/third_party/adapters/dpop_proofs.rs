use http::{HeaderMap, Method};
use oauth_server::{DpopError, DpopProofVerifier};
use oauth_types::JwkThumbprint;
use token_validate::{DpopVerifier, ProofRequest};

/// Checks the DPoP proofs of token requests.
#[derive(Clone, Debug)]
pub(crate) struct DpopProofs(DpopVerifier);

impl DpopProofs {
    /// Proofs as `verifier` judges them.
    pub(crate) const fn new(verifier: DpopVerifier) -> Self {
        Self(verifier)
    }
}

impl DpopProofVerifier for DpopProofs {
    fn verify(&self, headers: &HeaderMap, url: &str) -> Result<JwkThumbprint, DpopError> {
        let request = ProofRequest { method: &Method::POST, url, token: None };
        let proven = self.0.verify(headers, request).and_then(|it| self.0.spend(it));
        proven.map(|it| *it.thumbprint()).map_err(|refusal| match refusal.reason.status() {
            503 => DpopError::Unavailable(Box::new(refusal)),
            _ if refusal.reason == token_validate::Reason::DpopNonce => DpopError::NonceMissing,
            _ => {
                tracing::debug!(
                    reason = refusal.reason.code(),
                    detail = refusal.detail(),
                    "a proof is refused"
                );
                DpopError::Invalid(refusal.reason.description())
            }
        })
    }

    fn nonce(&self) -> Option<String> {
        self.0.nonce()
    }
}
