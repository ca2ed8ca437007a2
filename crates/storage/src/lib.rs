#![doc = include_str!("../README.md")]

mod change;
mod change_feed;
#[cfg(feature = "contract")]
pub mod contract;
mod error;
#[cfg(all(feature = "contract", feature = "redb"))]
mod failing_disk;
#[cfg(feature = "contract")]
mod faulty;
mod key;
mod memory;
#[cfg(feature = "postgres")]
mod postgres_store;
mod record;
mod record_store;
#[cfg(feature = "redb")]
mod redb_store;
mod rows;
mod table;
mod write;

#[cfg(all(feature = "contract", feature = "redb"))]
pub use ::redb::StorageBackend;
pub use change_feed::{ChangeFeed, Changes, Position};
pub use error::StoreError;
#[cfg(all(feature = "contract", feature = "redb"))]
pub use failing_disk::FailingDisk;
#[cfg(feature = "contract")]
pub use faulty::{Fault, FaultyStore};
pub use key::{InvalidKey, Key};
pub use memory::MemoryStore;
#[cfg(feature = "postgres")]
pub use postgres_store::{ConnectError, InvalidPostgresUrl, PostgresSettings, PostgresStore};
pub use record::{Record, Swept, Versioned};
pub use record_store::RecordStore;
#[cfg(feature = "redb")]
pub use redb_store::{
    BackupError, OpenError, RedbSettings, RedbStore, RestoreError, Restored, Statistics, TableContent,
    Verified,
};
pub use table::Table;
pub use write::{ChosenRevision, Expected, Write};
