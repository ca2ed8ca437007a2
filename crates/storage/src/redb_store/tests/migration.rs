//! Files of older schemas.

use std::{fs, os::unix::fs::PermissionsExt};

use redb::{Database, ReadableDatabase};

use super::{
    super::schema::{self, SCHEMA},
    *,
};

/// Writes a store as the first schema was, without help of the code that is tested: one record, its entries in the
/// indexes, and the two rows about the file.
fn write_schema_1(settings: &RedbSettings) {
    let table = |name| redb::TableDefinition::<&[u8], &[u8]>::new(name);
    let (row, expires_at, owner) = (b"things\0key".as_slice(), 4_000_000_000_u64.to_be_bytes(), b"owner");
    let content =
        [&[1, 0, 1], &7_u64.to_be_bytes()[..], &expires_at, &[5], owner, b"kept since the first schema"]
            .concat();
    let checksum = row
        .iter()
        .chain(&content)
        .fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
    let value = [content.as_slice(), &checksum.to_be_bytes()].concat();

    let db = Database::create(&settings.path).unwrap();
    let transaction = db.begin_write().unwrap();
    let write = |name, key: &[u8], value: &[u8]| {
        transaction.open_table(table(name)).unwrap().insert(key, value).unwrap();
    };
    write("records.v1", row, &value);
    write("records_by_expiry.v1", &[&expires_at, row].concat(), &[]);
    write("records_by_owner.v1", &[&[5], owner.as_slice(), row].concat(), &[]);
    write("meta.v1", b"schema", &1_u32.to_be_bytes());
    write("meta.v1", b"revision_limit", &4097_u64.to_be_bytes());
    transaction.commit().unwrap();
    drop(db);
    fs::set_permissions(&settings.path, fs::Permissions::from_mode(0o600)).unwrap();
}

/// The number of the schema that the file says, and who wrote it.
fn said(settings: &RedbSettings) -> (u32, Option<String>) {
    let db = Database::open(&settings.path).unwrap();
    let meta = db.begin_read().unwrap().open_table(schema::META).unwrap();
    let value = |key| meta.get(key).unwrap().map(|it| it.value().to_vec());
    let number = value(schema::NUMBER).unwrap().try_into().unwrap();
    (u32::from_be_bytes(number), value(schema::WRITTEN_BY).map(|it| String::from_utf8(it).unwrap()))
}

#[tokio::test]
async fn l14_a_store_of_an_older_schema_is_brought_to_this_one_with_all_it_holds() -> Result<(), StoreError> {
    let (_folder, settings) = settings();
    write_schema_1(&settings);
    assert_eq!(said(&settings), (1, None));
    let expected = record("kept since the first schema").owned_by(Key::new("owner").unwrap());
    for opening in ["the first time", "again"] {
        let store = RedbStore::open(&settings).unwrap();
        let found = store.get(THINGS, &Key::new("key").unwrap()).await?.unwrap();
        assert_eq!(found, Versioned { record: expected.clone(), revision: 7 }, "{opening}");
        drop(store);
        assert_eq!(said(&settings), (SCHEMA, Some(schema::VERSION.to_owned())), "{opening}");
    }
    assert!(RedbStore::verify(&settings, &[THINGS]).unwrap().is_sound());
    let store = RedbStore::open(&settings).unwrap();
    store.put(THINGS, &Key::of([1]), record([])).await?;
    assert!(store.get(THINGS, &Key::of([1])).await?.unwrap().revision >= 4097, "no revision comes back");
    assert_eq!(store.delete_by_owner(&Key::new("owner").unwrap()).await?, 1, "the index is there as well");
    Ok(())
}

#[tokio::test]
async fn l14_whoever_only_looks_reads_an_older_store_and_leaves_it_as_it_is() -> Result<(), StoreError> {
    let (_folder, settings) = settings();
    write_schema_1(&settings);
    let before = fs::read(&settings.path).unwrap();
    let look = RedbStore::look(&settings).unwrap();
    assert!(look.get(THINGS, &Key::new("key").unwrap()).await?.is_some());
    drop(look);
    assert!(RedbStore::verify(&settings, &[THINGS]).unwrap().is_sound());
    assert!(fs::read(&settings.path).unwrap() == before, "the bytes changed");
    Ok(())
}

#[tokio::test]
async fn l14_a_backup_of_a_migrated_store_is_of_this_schema() -> Result<(), StoreError> {
    let (folder, settings) = settings();
    write_schema_1(&settings);
    let copy = RedbSettings::new(folder.path().join("copy.redb"));
    assert_eq!(RedbStore::open(&settings).unwrap().backup(&copy.path).await.unwrap(), 1);
    assert_eq!(said(&copy), (SCHEMA, Some(schema::VERSION.to_owned())));
    let restored = RedbSettings::new(folder.path().join("restored.redb"));
    RedbStore::restore(&copy, &restored.path, &[]).unwrap();
    assert!(RedbStore::open(&restored).unwrap().get(THINGS, &Key::new("key").unwrap()).await?.is_some());
    Ok(())
}

/// Whoever knows how a store of a schema is made has to know how to leave it.
#[test]
fn l14_every_older_schema_has_a_step() {
    let (_folder, settings) = settings();
    for number in schema::OLDEST..SCHEMA {
        fs::remove_file(&settings.path).ok();
        write_schema_1(&settings);
        super::opening::write_meta(&settings, schema::NUMBER, &number.to_be_bytes());
        RedbStore::open(&settings).unwrap();
        assert_eq!(said(&settings).0, SCHEMA);
    }
}
