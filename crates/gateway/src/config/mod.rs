//! The configuration: one TOML file, read once, proven once.
//!
//! [`Config::parse`] is pure: text in, checked values or one [`ConfigError`] out.
//! [`Config::load`] then opens what the text points at: secrets, keys and certificates.
//! Both refuse an insecure configuration, name the file, the line and the key, and say what to write instead.

mod check;
mod command_line;
mod load;
#[cfg(feature = "third-party")]
mod option_b;
#[cfg(not(feature = "third-party"))]
#[path = "option_b_absent.rs"]
mod option_b;
mod parse;
#[cfg(feature = "schema")]
mod reference;
mod report;
mod section;
mod value;

pub use command_line::{CommandLine, TokensOf};
pub(crate) use load::read_private;
pub use load::{
    AuthorizationServerMaterial, ClientMaterial, CredentialMaterial, Environment, IdentityKey, Loaded,
    Material, Secret, ServerMaterial, StdioMaterial, ThirdPartyMaterial,
};
pub(crate) use option_b::known_endpoints;
#[cfg(feature = "third-party")]
pub use option_b::{
    ConfiguredClientParts, ConfiguredIssuer, ConfiguredKeys, ConfiguredProvider, LoadedThirdParty,
    StorageSettings, draw_password, hash_password, write_master_key,
};
#[cfg(feature = "schema")]
pub use reference::{json_schema, reference_markdown};
pub use report::ConfigError;
pub use section::{
    Account, Admin, Algorithm, Allow, Anonymous, ApiKeys, AudienceClaim, Audit, AuditFailure,
    AuthorizationServer, ClientAuth, ClientKeys, ClientMetadataDocuments, Config, ConfiguredClient,
    CredentialExchange, DpopMode, ExchangeSubject, ExchangeTarget, ForwardedHeader, IdentityJwt,
    Introspection, IntrospectionAuth, IntrospectionFor, KeySource, Limits, Listen, Log, LogFormat, LogLevel,
    Loopback, Membership, MembershipName, Outbound, Preset, Provider, ProviderClaims, ProviderEndpoints,
    ProviderPreset, ProviderTokenAuth, QuotaPer, Registration, RuleAllow, RulesDefault, Server,
    ServerCredential, ServerHttp, ServerIdentity, ServerQuota, ServerRule, ServerStdio, Sessions,
    StdioUpstream, Storage, ThirdParty, ThirdPartySessions, Tls, TokenExchange, TokenType, TrustedIssuer,
    Upstream, Validation, VariableSource,
};
pub use value::{
    AllowedAudience, ByteSize, EndpointPath, FieldName, HostName, InvalidEndpointPath, InvalidPublicUrl,
    MethodName, PasswordHashText, Period, PublicUrl, SecretSource, WebOrigin,
};

/// Why the endpoints of a third party are not known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnknownEndpoints {
    /// The metadata names another issuer (RFC 8414 section 3.3).
    #[error("the metadata names another issuer")]
    OtherIssuer,
    /// Anything else, in words.
    #[error("the metadata: {0}")]
    Unusable(String),
}

#[cfg(test)]
mod tests;
