#![doc = include_str!("../README.md")]

mod algorithm;
mod bearer;
mod check;
mod dpop;
mod introspection;
mod jws;
mod jwt;
mod key;
mod key_set;
mod keys;
mod pem;
mod policy;
mod reason;
mod refusal;
mod remote_key_sets;
mod self_test;
mod settings;
mod shared_keys;
mod status;
#[cfg(feature = "tower")]
mod tower;
mod validated_token;
mod validator;
mod verified_cache;

pub use algorithm::{Algorithm, UnknownAlgorithm};
pub use bearer::{BearerToken, MAX_TOKEN_BYTES, bearer_token, dpop_token};
pub use dpop::{
    DpopNonces, DpopSettings, DpopVerifier, MAX_PROOF_BYTES, MemoryReplayStore, Noted, ProofId, ProofRequest,
    ProvenKey, ReplayStore, VerifiedProof,
};
pub use introspection::introspection_request;
pub use jws::{JwsError, MAX_JWS_BYTES, VerifiedJws, verify_jws};
pub use key_set::{InvalidKeySet, KeySet, KeyWarning, KeyWarningKind};
pub use keys::KeyRefresher;
pub use policy::{
    AudiencePolicy, ClientSecret, DirectUse, Introspection, IntrospectionAuth, IntrospectionScope,
    InvalidResourcePolicy, IssuerPolicy, KeySource, Preset, ResourcePolicy, ScopeHierarchy, TokenTypePolicy,
    UnknownPreset,
};
pub use reason::Reason;
pub use refusal::Refusal;
pub use remote_key_sets::{RemoteJwsError, RemoteKeySets};
pub use self_test::{KNOWN_ANSWERS, KnownAnswer, SelfTestFailed, self_test};
pub use settings::ValidatorSettings;
pub use shared_keys::SharedKeys;
pub use status::IssuerStatus;
#[cfg(feature = "tower")]
pub use tower::{BearerLayer, BearerService};
pub use validated_token::ValidatedToken;
pub use validator::Validator;
