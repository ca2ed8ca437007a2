//! Copies of a store that is used, and looks at them.

use std::{
    fs,
    os::unix::fs::MetadataExt,
    sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst},
};

use redb::{Database, ReadableDatabase};

use super::*;

/// A copy next to the store, and the settings to open it.
fn copy_of(settings: &RedbSettings) -> RedbSettings {
    let path = settings.path.with_file_name("backup.redb");
    RedbSettings { path, ..settings.clone() }
}

async fn filled(settings: &RedbSettings) -> RedbStore {
    let store = RedbStore::open_or_create(settings).unwrap();
    for it in 0..200_u8 {
        let record = record(vec![it; 300]).owned_by(Key::of([it % 7]));
        store.put(THINGS, &Key::of([it]), record).await.unwrap();
    }
    store.put(OTHERS, &Key::of([1]), Record::new(OTHERS, UnixTime::EPOCH, "other")).await.unwrap();
    store
}

const OTHERS: Table = Table::new("others", 4);

/// One writer counts up; the copy holds what was answered before it was asked for, a row perhaps of what was written
/// meanwhile, and no gap.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_during_writes_is_the_store_of_one_moment() {
    let (_folder, settings) = settings();
    let copy = copy_of(&settings);
    let store = Arc::new(RedbStore::open_or_create(&settings).unwrap());
    let (answered, stop) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    let writing = tokio::spawn({
        let (store, answered, stop) = (Arc::clone(&store), Arc::clone(&answered), Arc::clone(&stop));
        async move {
            while !stop.load(SeqCst) {
                let count = answered.load(SeqCst);
                let record = record(vec![7; 3000]).owned_by(Key::of([1]));
                store.put(THINGS, &Key::of(count.to_be_bytes()), record).await.unwrap();
                answered.store(count + 1, SeqCst);
            }
        }
    });
    for least in [0, 5, 30] {
        while answered.load(SeqCst) < least {
            tokio::task::yield_now().await;
        }
        let before = answered.load(SeqCst);
        let copied = store.backup(&copy.path).await.unwrap();
        let after = answered.load(SeqCst) + 1;
        assert!((before..=after).contains(&copied), "{before} <= {copied} <= {after}");

        let verified = RedbStore::verify(&copy, &[THINGS]).unwrap();
        assert_eq!((verified.records(), &verified.problems[..]), (copied, &[][..]));
        let restored = RedbSettings { path: copy.path.with_file_name("restored.redb"), ..copy.clone() };
        assert_eq!(RedbStore::restore(&copy, &restored.path, &[]).unwrap().records, copied);
        let opened = RedbStore::open(&restored).unwrap();
        let found = opened.scan(THINGS, None, 100_000).await.unwrap();
        let expected: Vec<_> = (0..copied).map(|it| Key::of(it.to_be_bytes())).collect();
        assert_eq!(found.into_iter().map(|it| it.0).collect::<Vec<_>>(), expected);
        assert_eq!(opened.delete_by_owner(&Key::of([1])).await.unwrap() as u64, copied, "the index is there");
        drop(opened);
        fs::remove_file(&copy.path).unwrap();
        fs::remove_file(&restored.path).unwrap();
    }
    stop.store(true, SeqCst);
    writing.await.unwrap();
}

#[tokio::test]
async fn a_restored_backup_is_the_store_of_that_moment() {
    let (_folder, settings) = settings();
    let copy = copy_of(&settings);
    let store = filled(&settings).await;
    let expected = store.scan(THINGS, None, 1000).await.unwrap();
    assert_eq!(store.backup(&copy.path).await.unwrap(), 201);
    store.remove(THINGS, &Key::of([1])).await.unwrap();
    store.put(THINGS, &Key::of([2]), record("later")).await.unwrap();
    drop(store);

    let taken = RedbStore::restore(&copy, &settings.path, &[]).unwrap_err();
    assert!(matches!(taken, RestoreError::Exists(_)), "{taken}");
    fs::remove_file(&settings.path).unwrap();
    let restored = RedbStore::restore(&copy, &settings.path, &[]).unwrap();
    assert_eq!(restored, Restored { records: 201, ..Restored::default() });
    assert_eq!(fs::metadata(&settings.path).unwrap().mode() & 0o777, 0o600);
    let restored = RedbStore::open(&settings).unwrap();
    assert!(
        restored.scan(THINGS, None, 1000).await.unwrap() == expected,
        "with the revisions of that moment"
    );
    restored.put(THINGS, &Key::of([3]), record("on")).await.unwrap();
    let revision = restored.get(THINGS, &Key::of([3])).await.unwrap().unwrap().revision;
    assert!(expected.iter().all(|it| it.1.revision < revision), "revisions go on");
}

#[tokio::test]
async fn l09_a_backup_is_no_store_and_a_restored_one_lacks_what_may_have_ended() {
    let (_folder, settings) = settings();
    let copy = copy_of(&settings);
    drop({
        let store = filled(&settings).await;
        store.backup(&copy.path).await.unwrap();
        store
    });
    let bytes = fs::read(&copy.path).unwrap();
    for refused in [RedbStore::open(&copy), RedbStore::look(&copy), RedbStore::open_or_create(&copy)] {
        let refused = refused.unwrap_err();
        assert!(matches!(refused, OpenError::Backup(_)), "{refused}");
    }
    fs::remove_file(&settings.path).unwrap();
    let restored = RedbStore::restore(&copy, &settings.path, &[THINGS]).unwrap();
    assert_eq!((restored.records, &restored.left_out), (1, &[("things".to_owned(), 200)].into()));
    assert!(fs::read(&copy.path).unwrap() == bytes, "the backup is untouched");
    let verified = RedbStore::verify(&settings, &[THINGS, OTHERS]).unwrap();
    assert!(verified.is_sound() && verified.records() == 1, "{verified:?}");
    let store = RedbStore::open(&settings).unwrap();
    assert_eq!(store.scan(THINGS, None, 10).await.unwrap(), []);
    assert!(store.get(OTHERS, &Key::of([1])).await.unwrap().is_some());
    assert_eq!(store.delete_by_owner(&Key::of([1])).await.unwrap(), 0, "no index names what is not there");
}

#[tokio::test]
async fn l06_a_damaged_backup_makes_no_store() {
    let (_folder, settings) = settings();
    let copy = copy_of(&settings);
    drop({
        let store = filled(&settings).await;
        store.backup(&copy.path).await.unwrap();
        store
    });
    let mut bytes = fs::read(&copy.path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..].fill(0x5a);
    fs::write(&copy.path, &bytes).unwrap();
    let target = copy.path.with_file_name("restored.redb");
    RedbStore::restore(&copy, &target, &[]).unwrap_err();
    assert!(!target.exists());
}

#[tokio::test]
async fn l16_a_backup_is_for_its_owner_alone_and_replaces_nothing() {
    let (folder, settings) = settings();
    let copy = copy_of(&settings);
    let store = filled(&settings).await;
    store.backup(&copy.path).await.unwrap();
    assert_eq!(fs::metadata(&copy.path).unwrap().mode() & 0o777, 0o600);
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 2, "nothing but the store and the copy");

    let before = fs::read(&copy.path).unwrap();
    for taken in [&copy.path, &settings.path] {
        let error = store.backup(taken).await.unwrap_err();
        assert!(matches!(&error, BackupError::Exists(path) if path == taken), "{error}");
    }
    assert!(fs::read(&copy.path).unwrap() == before);

    let nowhere = folder.path().join("no-such-folder/backup.redb");
    let error = store.backup(&nowhere).await.unwrap_err();
    assert!(matches!(error, BackupError::Io { .. }), "{error}");
    assert!(store.get(THINGS, &Key::of([1])).await.unwrap().is_some(), "the store goes on");
}

/// What is rotten in the store is not carried into a copy that looks sound.
#[tokio::test]
async fn l06_a_rotten_record_ends_the_backup() {
    let (_folder, mut settings) = settings();
    drop(filled(&settings).await);
    settings.check_up_to = 0;
    let mut bytes = fs::read(&settings.path).unwrap();
    let places: Vec<_> =
        bytes.windows(300).enumerate().filter(|it| it.1 == [77; 300]).map(|it| it.0).collect();
    for place in places {
        bytes[place + 150] ^= 1;
    }
    fs::write(&settings.path, bytes).unwrap();
    let store = RedbStore::open(&settings).unwrap();
    let copy = copy_of(&settings);
    let error = store.backup(&copy.path).await.unwrap_err();
    assert!(matches!(error, BackupError::Store(StoreError::Corrupt(_))), "{error}");
    assert!(!copy.path.exists());
    drop(store);
    assert!(matches!(RedbStore::verify(&settings, &[]), Err(OpenError::Damaged { .. })));
}

#[tokio::test]
async fn l06_damage_of_a_backup_is_reported_or_harmless() {
    let (_folder, settings) = settings();
    let copy = copy_of(&settings);
    filled(&settings).await.backup(&copy.path).await.unwrap();
    let sound = RedbStore::verify(&copy, &[THINGS, OTHERS]).unwrap();
    assert!(sound.is_sound() && sound.records() == 201, "{sound:?}");
    let others = TableContent { records: 1, body_bytes: 5, newest_format: 4 };
    assert_eq!(sound.tables["others"], others);

    let good = fs::read(&copy.path).unwrap();
    let mut found = 0;
    for place in (0..good.len()).step_by(4096).flat_map(|page| [page + 40, page + 3000]) {
        let mut bytes = good.clone();
        bytes[place] ^= 0x10;
        fs::write(&copy.path, &bytes).unwrap();
        match RedbStore::verify(&copy, &[THINGS, OTHERS]) {
            Ok(verified) if verified == sound => {}
            _ => found += 1,
        }
        assert!(fs::read(&copy.path).unwrap() == bytes, "a look touched the file");
    }
    assert!(found >= 20, "only {found} were found");
    fs::write(&copy.path, &good[..good.len() / 2]).unwrap();
    assert!(matches!(RedbStore::verify(&copy, &[]), Err(OpenError::Damaged { .. })));
    fs::remove_file(&copy.path).unwrap();
    assert!(matches!(RedbStore::verify(&copy, &[]), Err(OpenError::Missing(_))));
}

/// What only a program can do to a file: each is told by name.
#[tokio::test]
async fn a_store_that_contradicts_itself_is_reported() {
    let (_folder, settings) = settings();
    drop(filled(&settings).await);
    let check = |known: &[Table], expected: &[&str]| {
        let verified = RedbStore::verify(&settings, known).unwrap();
        assert_eq!(verified.problems.len(), expected.len(), "{:?}", verified.problems);
        for (problem, expected) in verified.problems.iter().zip(expected) {
            assert!(problem.contains(expected), "{problem}");
        }
    };
    check(&[THINGS, OTHERS], &[]);
    check(&[THINGS, Table::new("others", 3)], &["others has format 4, this program knows 3"]);

    let key = encoding::row_key("things", &[1]);
    change(&settings, schema::BY_OWNER, |table| {
        assert!(table.remove(encoding::owner_entry(&Key::of([1]), &key).as_slice()).unwrap().is_some());
    });
    let missing = "missing in the index by owner";
    check(&[], &[missing, "199 entries for 200 records"]);
    change(&settings, schema::BY_EXPIRY, |table| {
        table.insert(encoding::expiry_entry(UnixTime::EPOCH, b"things\0x").as_slice(), &[][..]).unwrap();
    });
    check(&[], &[missing, "202 entries for 201 records", "199 entries for 200 records"]);
    change(&settings, schema::RECORDS, |table| {
        table.insert(encoding::row_key("things", &[3]).as_slice(), &[1, 2, 3][..]).unwrap();
    });
    check(&[], &[missing, "makes no sense", "202 entries for 200 records"]);
}

fn change(
    settings: &RedbSettings,
    table: schema::Bytes,
    act: impl FnOnce(&mut redb::Table<'_, &[u8], &[u8]>),
) {
    let db = Database::open(&settings.path).unwrap();
    let transaction = db.begin_write().unwrap();
    act(&mut transaction.open_table(table).unwrap());
    transaction.commit().unwrap();
    drop(db.begin_read().unwrap());
}
