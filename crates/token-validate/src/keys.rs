//! The keys of each issuer: kept in a store that requests read, filled by a refresher that alone fetches.

pub(crate) mod discovery;
pub(crate) mod fetch;
mod progress;
mod refresher;
mod store;

pub use refresher::KeyRefresher;
pub(crate) use store::{Generation, KeyStore, replace};
