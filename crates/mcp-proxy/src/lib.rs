#![doc = include_str!("../README.md")]

mod answer;
mod connector;
mod detached;
mod error;
mod exchange;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod header_names;
mod legacy;
mod on_behalf;
mod pace;
mod proxy;
mod proxy_body;
mod reason;
mod redirect;
mod renewal;
mod request_body;
mod request_headers;
mod response_headers;
mod session;
mod settings;
mod target;
mod via;

pub use error::{ForwardError, RefusedRedirect, UpstreamFault};
pub use on_behalf::OnBehalf;
pub use proxy::Proxy;
pub use proxy_body::ProxyBody;
pub use reason::ForwardReason;
pub use renewal::CredentialRenewal;
pub use session::SessionKey;
pub use settings::{ProxySetupError, UpstreamSettings, UpstreamTarget};

/// An error of a body or a connection, whatever its type.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

#[cfg(test)]
mod tests;
