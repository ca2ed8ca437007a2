#![doc = include_str!("../README.md")]

mod change;
mod error;
mod key;
mod memory;
mod record;
mod record_store;
mod rows;
mod table;

pub use error::StoreError;
pub use key::{InvalidKey, Key};
pub use memory::MemoryStore;
pub use record::{Record, Swept, Versioned};
pub use record_store::RecordStore;
pub use table::Table;
