//! Power that fails while a store of an older schema is brought to this one.

use redb::{Builder, ReadableDatabase, TableDefinition};
use storage::{Key, RecordStore, RedbSettings, RedbStore};
use tokio::runtime::Runtime;

use crate::{
    Outcome,
    chance::Chance,
    disk::Disk,
    rows::{Change, Rows, THINGS},
};

/// Lets the power fail at every operation of the disk, in many ways each, until a start needs no more operations.
///
/// What is left is a store of the older schema or of this one, whole, and the next start makes it one of this.
pub(crate) fn l14_power_loss_in_a_migration_leaves_one_schema_whole(
    runtime: &Runtime,
) -> Outcome<(u64, u64)> {
    let mut settings = RedbSettings::new("simulated");
    settings.cache_bytes = 256 << 10;
    settings.reopen_every = None;
    let (older, rows) = older_store(&settings, runtime)?;
    assert_eq!(said(&older)?, (1, false));
    let (mut still_older, mut done) = (0, 0);
    for cut in 1.. {
        for seed in 0..WAYS {
            let disk = Disk::new(older.clone(), Some(cut));
            match RedbStore::on_backend(&settings, disk.opener()) {
                // Dropping it is part of its life, and may be cut as well.
                Ok(store) => drop(store),
                Err(_) if disk.is_off() => {}
                Err(error) => return Err(error.into()),
            }
            if !disk.is_off() {
                assert!(still_older > 0 && done > 0, "{still_older} cuts before the commit, {done} after it");
                return Ok((still_older, done));
            }
            let left = disk.leave(&mut Chance::of(cut * WAYS + seed)).bytes;
            match said(&left)? {
                (1, false) => still_older += 1,
                (2, true) => done += 1,
                mixed => return Err(format!("cut {cut}, seed {seed}: the file says {mixed:?}").into()),
            }
            let disk = Disk::new(left, None);
            let store = RedbStore::on_backend(&settings, disk.opener())?;
            assert_eq!(runtime.block_on(Rows::read(&store))?.0, rows, "cut {cut}, seed {seed}");
            drop(store);
            assert_eq!(said(&disk.leave(&mut Chance::of(0)).bytes)?, (2, true), "cut {cut}, seed {seed}");
        }
    }
    Ok((still_older, done))
}

/// A store of the first schema, which had no row about its writer.
fn older_store(settings: &RedbSettings, runtime: &Runtime) -> Outcome<(Vec<u8>, Rows)> {
    let disk = Disk::new(Vec::new(), None);
    let store = RedbStore::on_backend(settings, disk.opener())?;
    let mut rows = Rows::default();
    for key in 0..20 {
        let record = storage::Record::new(THINGS, oauth_types::UnixTime::from_seconds(9), vec![key; 900]);
        let change = Change::Put(THINGS, key, record.owned_by(Key::of([key % 3])));
        runtime.block_on(change.ask(&store as &dyn RecordStore))?;
        rows = rows.after(&change);
    }
    drop(store);
    let db = Builder::new().create_with_backend(disk.clone())?;
    let transaction = db.begin_write()?;
    let mut meta = transaction.open_table(META)?;
    meta.insert(b"schema".as_slice(), 1_u32.to_be_bytes().as_slice())?;
    meta.remove(b"written_by".as_slice())?;
    drop(meta);
    transaction.commit()?;
    db.close()?;
    Ok((disk.leave(&mut Chance::of(0)).bytes, rows))
}

/// The schema that a file says, and whether it says who wrote it.
fn said(bytes: &[u8]) -> Outcome<(u32, bool)> {
    let db = Builder::new().create_with_backend(Disk::new(bytes.to_vec(), None))?;
    let meta = db.begin_read()?.open_table(META)?;
    let number = meta.get(b"schema".as_slice())?.and_then(|it| it.value().try_into().ok());
    let is_written_by = meta.get(b"written_by".as_slice())?.is_some();
    Ok((number.map(u32::from_be_bytes).ok_or("no schema")?, is_written_by))
}

const META: TableDefinition<'static, &[u8], &[u8]> = TableDefinition::new("meta.v1");
/// Ways to lose what was not synced, for each cut.
const WAYS: u64 = 12;
