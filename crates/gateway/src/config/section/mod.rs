//! One struct per section of the file; the doc comments are the reference page.

mod admin;
mod audit;
mod authorization_server;
mod credential;
mod dpop;
mod identity;
mod introspection;
mod limits;
mod listen;
mod log;
mod membership;
mod outbound;
mod quota;
mod root;
mod rule;
mod server;
mod sessions;
mod stdio;
mod third_party;
mod upstream;
mod validation;
mod ways;

pub use admin::Admin;
pub use audit::{Audit, AuditFailure};
pub use authorization_server::{Algorithm, AudienceClaim, AuthorizationServer, KeySource, Preset, TokenType};
pub use credential::{CredentialExchange, ExchangeSubject, ServerCredential};
pub use dpop::DpopMode;
pub use identity::{IdentityJwt, ServerIdentity};
pub use introspection::{Introspection, IntrospectionAuth, IntrospectionFor};
pub use limits::Limits;
pub use listen::{ForwardedHeader, Listen, Tls};
pub use log::{Log, LogFormat, LogLevel};
pub use membership::{Membership, MembershipName};
pub use outbound::Outbound;
pub use quota::{QuotaPer, ServerQuota};
pub use root::Config;
pub use rule::{RuleAllow, RulesDefault, ServerRule};
pub use server::{Server, ServerHttp};
pub use sessions::Sessions;
pub use stdio::{ServerStdio, StdioUpstream, VariableSource};
pub use third_party::{
    Account, Allow, ClientAuth, ClientKeys, ClientMetadataDocuments, ConfiguredClient, ExchangeTarget,
    Provider, ProviderClaims, ProviderEndpoints, ProviderPreset, ProviderTokenAuth, Registration, Storage,
    ThirdParty, ThirdPartySessions, TokenExchange, TrustedIssuer,
};
pub use upstream::Upstream;
pub use validation::Validation;
pub use ways::{Anonymous, ApiKeys, Loopback};
