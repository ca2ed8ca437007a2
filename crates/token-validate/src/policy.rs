//! What an operator says about issuers and resources.

mod direct_use;
mod introspection;
mod issuer;
mod preset;
mod resource;
mod scope_hierarchy;

pub use direct_use::DirectUse;
pub use introspection::{ClientSecret, Introspection, IntrospectionAuth, IntrospectionScope};
pub use issuer::{AudiencePolicy, IssuerPolicy, KeySource, TokenTypePolicy};
pub use preset::{Preset, UnknownPreset};
pub use resource::{InvalidResourcePolicy, ResourcePolicy};
pub use scope_hierarchy::ScopeHierarchy;
