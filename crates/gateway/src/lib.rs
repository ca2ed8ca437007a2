//! The gateway: configuration, routes, and the adapters that join the protocol crates.
//!
//! A request passes the edge (one reading of its path, our own `Host`), finds its route, and on an MCP endpoint the
//! fixed order of checks in `access`; only evidence of all of them reaches the upstream.
//! [`serve::Running`] is a gateway at work, [`config::Config`] what it is told, [`reason::Reason`] why it refuses.
//!
//! RFCs: 6750, 9068, 9728 and 8414 through the crates below it, 7239 for the log, 9110 and 9112 at the edge.

mod access;
mod access_log;
mod adapters;
pub mod check;
pub mod config;
pub mod demo;
mod edge;
mod exchanges;
mod limits;
mod listener;
mod own_authorization_server;
pub mod reason;
mod refusal;
pub mod reload;
mod request_body;
mod request_id;
mod routes;
mod runtime;
pub mod serve;
mod service;
mod stream_body;
#[cfg(feature = "third-party")]
pub mod third_party;
#[cfg(not(feature = "third-party"))]
#[path = "third_party_absent.rs"]
mod third_party;

pub use adapters::{IssuerError, ServerError, SigningKeyError};
pub use listener::TlsError;
pub use runtime::BuildError;
pub use third_party::ResidentError;
