//! The tables of the file, and the row that says how they are to be understood.

use redb::{Database, Durability, ReadableDatabase, TableDefinition, WriteTransaction};

/// The rows.
pub(super) const RECORDS: Bytes = TableDefinition::new("records.v1");
/// One entry a row: when it expires, and its key.
pub(super) const BY_EXPIRY: Bytes = TableDefinition::new("records_by_expiry.v1");
/// One entry a row that has an owner: the owner, and its key.
pub(super) const BY_OWNER: Bytes = TableDefinition::new("records_by_owner.v1");
/// What is known of the file itself.
pub(super) const META: Bytes = TableDefinition::new("meta.v1");

pub(super) type Bytes = TableDefinition<'static, &'static [u8], &'static [u8]>;

/// The number of the layout above. A file with a greater one is never written.
pub(super) const SCHEMA: u32 = 1;

/// Every revision below this number may have been given to a write.
pub(super) const REVISION_LIMIT: &[u8] = b"revision_limit";

/// What the file says of itself.
pub(super) enum Found {
    /// A store of a schema that this program knows; and where its revisions go on.
    Known { revision_limit: u64 },
    /// A store of a newer program.
    Newer(u32),
    /// A database of somebody else, or one without its row.
    Foreign,
}

/// Reads the row.
pub(super) fn read(db: &Database) -> Result<Found, redb::Error> {
    let transaction = db.begin_read()?;
    let meta = match transaction.open_table(META) {
        Ok(meta) => meta,
        Err(redb::TableError::Storage(error)) => return Err(error.into()),
        Err(_) => return Ok(Found::Foreign),
    };
    let schema = meta.get(KEY)?.and_then(|it| it.value().try_into().ok()).map(u32::from_be_bytes);
    let revision_limit = meta.get(REVISION_LIMIT)?.and_then(|it| it.value().try_into().ok());
    Ok(match (schema, revision_limit) {
        (Some(schema), _) if schema > SCHEMA => Found::Newer(schema),
        (Some(SCHEMA), Some(limit)) => Found::Known { revision_limit: u64::from_be_bytes(limit) },
        _ => Found::Foreign,
    })
}

/// Makes the tables of a new file.
pub(super) fn create(db: &Database) -> Result<(), redb::Error> {
    let transaction = begin_write(db)?;
    for table in [RECORDS, BY_EXPIRY, BY_OWNER] {
        transaction.open_table(table)?;
    }
    let mut meta = transaction.open_table(META)?;
    meta.insert(KEY, SCHEMA.to_be_bytes().as_slice())?;
    meta.insert(REVISION_LIMIT, 1_u64.to_be_bytes().as_slice())?;
    drop(meta);
    transaction.commit()?;
    Ok(())
}

/// A transaction whose commit is on the disk when it returns, whole or not at all even against somebody who chooses
/// the bytes and the moment of a crash, and after which a crashed file opens without a walk over it.
pub(super) fn begin_write(db: &Database) -> Result<WriteTransaction, redb::Error> {
    let mut transaction = db.begin_write()?;
    transaction.set_durability(Durability::Immediate)?;
    transaction.set_two_phase_commit(true);
    transaction.set_quick_repair(true);
    Ok(transaction)
}

const KEY: &[u8] = b"schema";
