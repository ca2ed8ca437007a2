//! Proofs that the sender of a token has the key that the token is bound to (RFC 9449).

mod nonce;
mod proof;
mod replay;
mod target;
mod thumbprint;
mod verifier;

pub use nonce::DpopNonces;
pub use proof::MAX_PROOF_BYTES;
pub use replay::{MemoryReplayStore, Noted, ProofId, ReplayStore};
pub use verifier::{DpopSettings, DpopVerifier, ProofRequest, ProvenKey, VerifiedProof};

#[cfg(test)]
mod tests;
