#![doc = include_str!("../README.md")]

mod access;
mod access_log;
mod adapters;
mod admin;
pub mod api_keys;
pub mod audit;
pub mod check;
pub mod config;
mod credential;
pub mod demo;
mod edge;
mod exchanges;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod late_body;
mod limits;
mod listener;
mod metrics;
mod own_authorization_server;
pub mod reason;
mod refusal;
pub mod reload;
mod request_body;
mod request_id;
pub mod request_log;
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
pub use admin::AdminSocketError;
pub use listener::TlsError;
pub use runtime::BuildError;
pub use third_party::ResidentError;
