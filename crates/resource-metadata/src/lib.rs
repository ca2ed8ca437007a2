#![doc = include_str!("../README.md")]

mod challenge;
mod documents;
mod error_description;
mod protected_resource;
#[cfg(feature = "axum")]
mod router;

pub use challenge::Challenge;
pub use documents::{Documents, DuplicateResource};
pub use error_description::{ErrorDescription, InvalidErrorDescription};
pub use protected_resource::{Builder, Dpop, ProtectedResource, WELL_KNOWN_PATH};
#[cfg(feature = "axum")]
pub use router::router;
