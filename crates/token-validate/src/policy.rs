//! What an operator says about issuers and resources.

mod introspection;
mod issuer;
mod preset;
mod resource;
mod scope_hierarchy;

pub use introspection::{ClientSecret, Introspection, IntrospectionAuth, IntrospectionScope};
pub use issuer::{AudiencePolicy, IssuerPolicy, KeySource, TokenTypePolicy};
pub use preset::{DirectUse, Preset, UnknownPreset};
pub use resource::{InvalidResourcePolicy, ResourcePolicy};
pub use scope_hierarchy::ScopeHierarchy;
