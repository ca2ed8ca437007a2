//! The configuration: one TOML file, read once, proven once.
//!
//! [`Config::parse`] is pure: text in, checked values or one [`ConfigError`] out.
//! [`Config::load`] then opens what the text points at: secrets, keys and certificates.
//! Both refuse an insecure configuration, name the file, the line and the key, and say what to write instead.

mod check;
mod load;
mod parse;
#[cfg(feature = "schema")]
mod reference;
mod report;
mod section;
mod value;

pub use load::{
    AuthorizationServerMaterial, Environment, IdentityKey, Loaded, Material, Secret, ServerMaterial,
};
#[cfg(feature = "schema")]
pub use reference::{json_schema, reference_markdown};
pub use report::ConfigError;
pub use section::{
    Account, Algorithm, Allow, AudienceClaim, AuthorizationServer, ClientAuth, ClientKeys,
    ClientMetadataDocuments, Config, ConfiguredClient, IdentityJwt, Introspection, IntrospectionAuth,
    IntrospectionFor, KeySource, Limits, Listen, Log, LogFormat, LogLevel, Outbound, Preset, Provider,
    ProviderClaims, ProviderEndpoints, ProviderPreset, ProviderTokenAuth, Registration, Server, ServerHttp,
    ServerIdentity, Sessions, Storage, ThirdParty, ThirdPartySessions, Tls, TokenType, Upstream, Validation,
};
pub use value::{
    AllowedAudience, ByteSize, EndpointPath, FieldName, HostName, InvalidEndpointPath, InvalidPublicUrl,
    PasswordHashText, Period, PublicUrl, SecretSource, WebOrigin,
};

#[cfg(test)]
mod tests;
