#![doc = include_str!("../README.md")]

mod answer;
mod body;
mod bridge;
mod child;
mod envelope;
mod error;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod legacy;
mod modern;
mod on_behalf;
mod reason;
mod request;
mod sessions;
mod settings;
mod slots;

pub use body::StdioBody;
pub use bridge::Bridge;
pub use error::StdioError;
pub use on_behalf::{OnBehalf, Tenant, TenantEnd};
pub use reason::StdioReason;
pub use settings::{Bounds, StdioSettings, Variable, VariableValue};

/// An error of a body or a tenant, whatever its type.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

#[cfg(test)]
mod tests;
