//! Option B: the gateway as authorization server towards MCP clients and as OAuth client towards third parties.

mod adapters;
pub mod admin;
mod back_channel_logout;
mod browser;
mod build;
#[cfg(feature = "postgres")]
pub(crate) mod database;
#[cfg(not(feature = "postgres"))]
#[path = "database_absent.rs"]
pub(crate) mod database;
pub mod demo;
mod endpoints;
mod look;
mod pages;
mod resident;
mod state;
mod tasks;
mod to_the_end;
mod with_reason;

pub(crate) use look::look_at_state;
pub use resident::ResidentError;
pub(crate) use resident::{Registered, Resident};

#[cfg(test)]
mod every_cause;
#[cfg(test)]
mod every_operation;
#[cfg(test)]
mod testing;
