#![doc = include_str!("../README.md")]

mod allow;
mod answer;
mod callback;
mod discovery;
mod email;
mod error;
mod id_token;
mod identity;
pub mod local;
mod logout_token;
mod preset;
mod provider;
mod settings;
mod state;
mod token;
mod tokens;

pub use allow::{AllowRules, NotAllowed};
pub use callback::{CallbackParams, RepeatedParameter};
pub use email::{Email, EmailAddress, InvalidEmail};
pub use error::{
    EndedReason, Endpoint, IdentityError, MetadataError, RefreshError, RevokeError, SignInError, Temporary,
    WireCode,
};
pub use id_token::{ExpectedIdToken, IdTokenError, IdTokenRefusal, IdTokenVerifier};
pub use identity::{Group, Identity, Known};
pub use logout_token::{LogoutTokenRefusal, SignOut};
pub use provider::{Begun, Heard, Provider, ProviderPorts, Revoked, SignIn, Status};
pub use settings::{
    ClaimMapping, ClientSecret, EndpointOverrides, InvalidSettings, Lookups, ProviderKind, ProviderSettings,
    TokenAuth,
};
pub use state::{InvalidStateSecrets, Nonce, State, StateSecrets};
pub use tokens::{AccessToken, IdToken, RefreshToken, ThirdPartyTokens};

#[cfg(test)]
mod tests;
