//! The tables of the file, and the rows that say how they are to be understood.

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

/// The number of the layout above and of the rows of [`META`]. A file with a greater one is never written, one with a
/// smaller one is brought here by [`super::migration`].
///
/// | schema | what it added |
/// |---|---|
/// | 1 | the tables above, with the rows `schema` and `revision_limit` |
/// | 2 | the row `written_by`: the version of the program that made this schema of the file, for whoever is too old for it |
pub(super) const SCHEMA: u32 = 2;
/// The oldest schema that can be brought to [`SCHEMA`].
pub(super) const OLDEST: u32 = 1;

/// Every revision below this number may have been given to a write.
pub(super) const REVISION_LIMIT: &[u8] = b"revision_limit";
/// See [`SCHEMA`].
pub(super) const NUMBER: &[u8] = b"schema";
/// The version of the program that made this schema of the file.
pub(super) const WRITTEN_BY: &[u8] = b"written_by";

/// There only in a backup, which has forgotten what was revoked after it was made.
pub(super) const BACKUP: &[u8] = b"backup";

/// There only for a moment, to see whether the file can be written. A crash may leave it, which means nothing.
const PROOF: &[u8] = b"proof_of_writing";
/// As much as a busy commit writes.
const PROOF_BYTES: usize = 256 << 10;

/// What the file says of itself.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// A store of this schema; and where its revisions go on.
    Current { revision_limit: u64 },
    /// A backup of such a store, which is not to be used as one.
    Backup { revision_limit: u64 },
    /// A store of an older schema that this program knows, or a backup of one.
    Older { schema: u32 },
    /// A store of a newer program; and which, if it says so.
    Newer { schema: u32, written_by: Option<String> },
    /// A database of somebody else, or one without its rows.
    Foreign,
}

/// Reads the rows.
pub(super) fn read(db: &Database) -> Result<Found, redb::Error> {
    let transaction = db.begin_read()?;
    let meta = match transaction.open_table(META) {
        Ok(meta) => meta,
        Err(redb::TableError::Storage(error)) => return Err(error.into()),
        Err(_) => return Ok(Found::Foreign),
    };
    let schema = meta.get(NUMBER)?.and_then(|it| it.value().try_into().ok()).map(u32::from_be_bytes);
    let revision_limit = meta.get(REVISION_LIMIT)?.and_then(|it| it.value().try_into().ok());
    let written_by = meta.get(WRITTEN_BY)?.and_then(|it| str::from_utf8(it.value()).ok().map(str::to_owned));
    let is_backup = meta.get(BACKUP)?.is_some();
    Ok(match (schema, revision_limit.map(u64::from_be_bytes)) {
        (Some(schema), _) if schema > SCHEMA => Found::Newer { schema, written_by },
        (Some(SCHEMA), Some(revision_limit)) if is_backup => Found::Backup { revision_limit },
        (Some(SCHEMA), Some(revision_limit)) => Found::Current { revision_limit },
        (Some(schema @ OLDEST..SCHEMA), Some(_)) => Found::Older { schema },
        _ => Found::Foreign,
    })
}

/// Makes the tables of a new file.
pub(super) fn create(db: &Database) -> Result<(), redb::Error> {
    let transaction = begin_write(db)?;
    for table in [RECORDS, BY_EXPIRY, BY_OWNER] {
        transaction.open_table(table)?;
    }
    say(&transaction, REVISION_LIMIT, &1_u64.to_be_bytes())?;
    say(&transaction, WRITTEN_BY, VERSION.as_bytes())?;
    say(&transaction, NUMBER, &SCHEMA.to_be_bytes())?;
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

/// Writes something large and removes it again, each durably: fails if the disk takes no more.
pub(super) fn prove_writable(db: &Database) -> Result<(), redb::Error> {
    let transaction = begin_write(db)?;
    say(&transaction, PROOF, &vec![0; PROOF_BYTES])?;
    transaction.commit()?;
    let transaction = begin_write(db)?;
    transaction.open_table(META)?.remove(PROOF)?;
    transaction.commit()?;
    Ok(())
}

/// Writes a row of [`META`].
pub(super) fn say(transaction: &WriteTransaction, key: &[u8], value: &[u8]) -> Result<(), redb::Error> {
    transaction.open_table(META)?.insert(key, value)?;
    Ok(())
}

/// The version of this program; one for the whole workspace.
pub(super) const VERSION: &str = env!("CARGO_PKG_VERSION");
