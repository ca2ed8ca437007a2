use http::{HeaderMap, Method};
use oauth_server::{DpopError, DpopProof, DpopProofVerifier};
use oauth_types::JwkThumbprint;
use token_validate::{DpopVerifier, ProofRequest, Refusal, VerifiedProof};

/// Checks the DPoP proofs of requests to the authorization server.
#[derive(Clone, Debug)]
pub(crate) struct DpopProofs(DpopVerifier);

/// A proof, and who remembers that it was used.
#[derive(Debug)]
struct Shown {
    proof: VerifiedProof,
    verifier: DpopVerifier,
}

impl DpopProofs {
    /// Proofs as `verifier` judges them.
    pub(crate) const fn new(verifier: DpopVerifier) -> Self {
        Self(verifier)
    }
}

impl DpopProofVerifier for DpopProofs {
    fn verify(&self, headers: &HeaderMap, url: &str) -> Result<Box<dyn DpopProof>, DpopError> {
        let request = ProofRequest { method: &Method::POST, url, token: None };
        let proof = self.0.verify(headers, request).map_err(refused)?;
        Ok(Box::new(Shown { proof, verifier: self.0.clone() }))
    }

    fn nonce(&self) -> Option<String> {
        self.0.nonce()
    }
}

impl DpopProof for Shown {
    fn key(&self) -> JwkThumbprint {
        *self.proof.thumbprint()
    }

    fn spend(&self) -> Result<(), DpopError> {
        self.verifier.spend(&self.proof).map(drop).map_err(refused)
    }
}

fn refused(refusal: Refusal) -> DpopError {
    match refusal.reason.status() {
        503 => DpopError::Unavailable(Box::new(refusal)),
        _ if refusal.reason == token_validate::Reason::DpopNonce => DpopError::NonceMissing,
        _ => {
            tracing::debug!(reason = refusal.reason.code(), detail = refusal.detail(), "a proof is refused");
            DpopError::Invalid(refusal.reason.description())
        }
    }
}
