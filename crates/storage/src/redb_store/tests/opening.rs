//! Which files are opened, and that others stay as they are.

use std::{
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt, symlink},
    time::Duration,
};

use redb::{Database, ReadableDatabase};

use super::*;

/// Makes a store with some records, enough for pages of every kind.
async fn filled(settings: &RedbSettings) -> Result<(), StoreError> {
    let store = RedbStore::open_or_create(settings).unwrap();
    for it in 0..200_u8 {
        store.put(THINGS, &Key::of([it]), record(vec![it; 300]).owned_by(Key::of([it % 7]))).await?;
    }
    Ok(())
}

/// The error, after a look that the file was left alone.
#[track_caller]
fn refused(settings: &RedbSettings) -> OpenError {
    let before = fs::read(&settings.path).unwrap();
    let modified = fs::metadata(&settings.path).unwrap().modified().unwrap();
    let mut error = None;
    for open in [RedbStore::open, RedbStore::open_or_create] {
        error = Some(open(settings).map(drop).expect_err("the file must be refused"));
        assert!(fs::read(&settings.path).unwrap() == before, "the bytes changed");
        assert_eq!(
            fs::metadata(&settings.path).unwrap().modified().unwrap(),
            modified,
            "the file was written"
        );
    }
    let error = error.unwrap();
    assert!(error.to_string().contains("state.redb"), "{error} names the file");
    error
}

#[tokio::test]
async fn reopens_with_everything_and_with_revisions_that_go_on() -> Result<(), StoreError> {
    let (_folder, settings) = settings();
    filled(&settings).await?;
    let store = RedbStore::open(&settings).unwrap();
    let before = store.get(THINGS, &Key::of([199])).await?.unwrap();
    assert_eq!(before.record, record(vec![199; 300]).owned_by(Key::of([199 % 7])));
    store.put(THINGS, &Key::of([0]), record([])).await?;
    drop(store);

    let store = RedbStore::open(&settings).unwrap();
    let old = store.get(THINGS, &Key::of([0])).await?.unwrap().revision;
    assert!(old > before.revision, "a revision of before came back");
    store.put(THINGS, &Key::of([0]), record([])).await?;
    assert!(store.get(THINGS, &Key::of([0])).await?.unwrap().revision > old);
    assert_eq!(store.delete_by_owner(&Key::of([1])).await?, 29, "the index is there as well");
    assert_eq!(store.scan(THINGS, None, 1000).await?.len(), 171);
    Ok(())
}

#[test]
fn l07_a_missing_file_is_made_only_when_asked() {
    let (folder, settings) = settings();
    let error = RedbStore::open(&settings).map(drop).unwrap_err();
    assert!(matches!(error, OpenError::Missing(_)), "{error}");
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 0, "nothing was made");

    RedbStore::open_or_create(&settings).unwrap();
    RedbStore::open(&settings).unwrap();
    let before = fs::read(&settings.path).unwrap();
    assert!(!RedbStore::create(&settings).unwrap());
    assert!(before == fs::read(&settings.path).unwrap(), "there was one");
    fs::remove_file(&settings.path).unwrap();
    assert!(RedbStore::create(&settings).unwrap());
    RedbStore::open(&settings).unwrap();
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "nothing but the store was left");
}

#[test]
fn l16_a_new_file_is_for_its_owner_alone() {
    let (_folder, settings) = settings();
    RedbStore::open_or_create(&settings).unwrap();
    assert_eq!(fs::metadata(&settings.path).unwrap().mode() & 0o777, 0o600);
}

#[test]
fn l16_refuses_files_that_others_may_write_to() {
    let (_folder, settings) = settings();
    RedbStore::open_or_create(&settings).unwrap();
    for (mode, expected) in
        [(0o600, true), (0o640, true), (0o644, false), (0o620, false), (0o602, false), (0o666, false)]
    {
        fs::set_permissions(&settings.path, fs::Permissions::from_mode(mode)).unwrap();
        if expected {
            RedbStore::open(&settings).unwrap();
        } else {
            let error = refused(&settings);
            assert!(matches!(error, OpenError::Unsafe { .. }), "{mode:o}: {error}");
        }
    }
}

#[test]
fn l16_refuses_symbolic_links_and_folders() {
    let (folder, settings) = settings();
    let real = RedbSettings::new(folder.path().join("real"));
    RedbStore::open_or_create(&real).unwrap();
    symlink(&real.path, &settings.path).unwrap();
    assert!(matches!(refused(&settings), OpenError::Unsafe { .. }));
    RedbStore::open(&real).unwrap();

    fs::remove_file(&settings.path).unwrap();
    symlink(folder.path().join("nowhere"), &settings.path).unwrap();
    let error = RedbStore::open_or_create(&settings).map(drop).unwrap_err();
    assert!(matches!(error, OpenError::Unsafe { .. }), "{error}");

    let error = RedbStore::open(&RedbSettings::new(folder.path())).map(drop).unwrap_err();
    assert!(matches!(error, OpenError::Unsafe { .. }), "{error}");
}

#[tokio::test]
async fn l15_a_second_store_on_the_file_is_refused_until_the_first_is_gone() -> Result<(), StoreError> {
    let (_folder, mut settings) = settings();
    let first = RedbStore::open_or_create(&settings).unwrap();
    first.put(THINGS, &Key::of([1]), record("of the first")).await?;
    let error = RedbStore::open(&settings).map(drop).unwrap_err();
    assert!(matches!(error, OpenError::Locked { .. }), "{error}");
    assert!(error.to_string().contains("state.redb"), "{error}");
    assert!(first.get(THINGS, &Key::of([1])).await?.is_some(), "the first goes on");

    settings.lock_wait = Duration::from_secs(60);
    let waiting = task::spawn_blocking(move || RedbStore::open(&settings).unwrap());
    drop(first);
    let second = waiting.await.unwrap();
    assert!(second.get(THINGS, &Key::of([1])).await?.is_some(), "the one that waited sees it");
    Ok(())
}

#[tokio::test]
async fn l13_l14_refuses_a_newer_schema_unchanged_and_says_which_program_to_use() -> Result<(), StoreError> {
    let (_folder, settings) = settings();
    filled(&settings).await?;
    for (found, expected) in [(schema::SCHEMA, true), (schema::SCHEMA + 1, false), (u32::MAX, false)] {
        write_meta(&settings, schema::NUMBER, &found.to_be_bytes());
        write_meta(&settings, schema::WRITTEN_BY, b"9.1.0");
        if expected {
            RedbStore::open(&settings).unwrap();
        } else {
            let error = refused(&settings);
            assert!(
                matches!(error, OpenError::Newer { found: it, known: schema::SCHEMA, .. } if it == found),
                "{error}"
            );
            assert!(error.to_string().contains("was written by 9.1.0"), "{error}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn l06_refuses_databases_that_are_not_ours() -> Result<(), StoreError> {
    let (_folder, settings) = settings();
    drop(Database::create(&settings.path).unwrap());
    fs::set_permissions(&settings.path, fs::Permissions::from_mode(0o600)).unwrap();
    assert!(matches!(refused(&settings), OpenError::NotAStore { .. }), "without tables");
    for number in [b"one".as_slice(), &[0; 4], &schema::SCHEMA.to_be_bytes()] {
        write_meta(&settings, schema::NUMBER, number);
        assert!(
            matches!(refused(&settings), OpenError::NotAStore { .. }),
            "with the number {number:?} alone"
        );
    }
    Ok(())
}

#[tokio::test]
async fn l06_refuses_what_is_no_database_unchanged() -> Result<(), StoreError> {
    let (_folder, settings) = settings();
    filled(&settings).await?;
    let good = fs::read(&settings.path).unwrap();
    let mut no_magic = good.clone();
    no_magic[0] ^= 1;
    for (name, bytes, expected) in [
        ("empty", &[][..], "it is empty"),
        ("text", b"port = 8080\n", "not a redb file"),
        ("zeros", &vec![0; 65_536], "not a redb file"),
        ("another magic number", &no_magic, "not a redb file"),
        ("the header alone", &good[..4096], "damaged"),
        ("half", &good[..good.len() / 2], "damaged"),
        ("without the last byte", &good[..good.len() - 1], "damaged"),
    ] {
        fs::write(&settings.path, bytes).unwrap();
        let error = refused(&settings).to_string();
        assert!(error.contains(expected), "{name}: {error}");
    }
    fs::write(&settings.path, &good).unwrap();
    RedbStore::open(&settings).unwrap();
    Ok(())
}

/// A flipped bit is found, or was in a place that means nothing: then every record is as it was.
#[tokio::test]
async fn l06_a_flipped_bit_in_any_page_is_found_or_harmless() -> Result<(), StoreError> {
    let (_folder, settings) = settings();
    filled(&settings).await?;
    let expected = everything(&settings).await?;
    let good = fs::read(&settings.path).unwrap();
    let mut found = 0;
    for place in (0..good.len()).step_by(4096).flat_map(|page| [page + 5, page + 40, page + 3000]) {
        let mut bytes = good.clone();
        bytes[place] ^= 0x10;
        found += usize::from(is_found(&settings, &bytes, &expected).await?);
    }
    assert!(found >= 30, "only {found} were found");
    Ok(())
}

#[tokio::test]
async fn l06_an_extended_file_is_refused_or_read_as_it_was() -> Result<(), StoreError> {
    let (_folder, settings) = settings();
    filled(&settings).await?;
    let expected = everything(&settings).await?;
    let good = fs::read(&settings.path).unwrap();
    for more in [vec![0; 1], vec![0; 4096], vec![0xa5; 4096], vec![0xa5; 1 << 20], good.clone()] {
        is_found(&settings, &[good.as_slice(), &more].concat(), &expected).await?;
    }
    Ok(())
}

/// Whether a store of these bytes is refused; if not, it holds what is expected.
async fn is_found(
    settings: &RedbSettings,
    bytes: &[u8],
    expected: &[(Key, Versioned)],
) -> Result<bool, StoreError> {
    fs::write(&settings.path, bytes).unwrap();
    if let Err(error) = RedbStore::open(settings) {
        assert!(matches!(error, OpenError::Damaged { .. } | OpenError::NotAStore { .. }), "{error}");
        assert!(fs::read(&settings.path).unwrap() == bytes, "the bytes changed");
        return Ok(true);
    }
    assert!(everything(settings).await? == expected, "a damaged file was read as if it were sound");
    Ok(false)
}

/// In a file too long for the check at the start, the record's own checksum finds it.
#[tokio::test]
async fn l06_a_flipped_bit_in_a_record_is_found_when_it_is_read() -> Result<(), StoreError> {
    let (_folder, mut settings) = settings();
    filled(&settings).await?;
    settings.check_up_to = 0;
    let mut bytes = fs::read(&settings.path).unwrap();
    let places: Vec<_> =
        bytes.windows(300).enumerate().filter(|it| it.1 == [77; 300]).map(|it| it.0).collect();
    assert!(!places.is_empty());
    for place in places {
        bytes[place + 150] ^= 1;
    }
    fs::write(&settings.path, &bytes).unwrap();

    let store = RedbStore::open(&settings).unwrap();
    let key = Key::of([77]);
    assert!(matches!(store.get(THINGS, &key).await, Err(StoreError::Corrupt(_))));
    assert!(matches!(store.take(THINGS, &key).await, Err(StoreError::Corrupt(_))));
    assert!(matches!(store.delete_by_owner(&Key::of([0])).await, Err(StoreError::Corrupt(_))));
    assert!(store.get(THINGS, &Key::of([7])).await?.is_some(), "none of the owner's others is gone");
    assert!(store.take(THINGS, &Key::of([76])).await?.is_some(), "the others can be used");
    Ok(())
}

async fn everything(settings: &RedbSettings) -> Result<Vec<(Key, Versioned)>, StoreError> {
    RedbStore::open(settings).unwrap().scan(THINGS, None, 1000).await
}

pub(super) fn write_meta(settings: &RedbSettings, key: &[u8], value: &[u8]) {
    let db = Database::open(&settings.path).unwrap();
    let transaction = db.begin_write().unwrap();
    transaction.open_table(schema::META).unwrap().insert(key, value).unwrap();
    transaction.commit().unwrap();
    let read = db.begin_read().unwrap().open_table(schema::META).unwrap();
    assert_eq!(read.get(key).unwrap().unwrap().value(), value);
}

#[tokio::test]
async fn l05_a_look_reads_everything_and_leaves_the_file_alone() -> Result<(), StoreError> {
    let (_folder, settings) = settings();
    assert!(matches!(RedbStore::look(&settings), Err(OpenError::Missing(_))));
    filled(&settings).await?;
    let before = fs::read(&settings.path).unwrap();
    let look = RedbStore::look(&settings).unwrap();
    assert_eq!(look.scan(THINGS, None, 1000).await?.len(), 200);
    assert!(look.insert_new(THINGS, &Key::of([1, 2, 3]), record([])).await?);
    assert!(look.get(THINGS, &Key::of([1, 2, 3])).await?.is_some());
    let second = RedbSettings { lock_wait: Duration::ZERO, ..settings.clone() };
    assert!(matches!(RedbStore::open(&second), Err(OpenError::Locked { .. })));
    drop(look);
    assert!(fs::read(&settings.path).unwrap() == before, "the bytes changed");
    let store = RedbStore::open(&settings).unwrap();
    assert!(store.get(THINGS, &Key::of([1, 2, 3])).await?.is_none(), "it was forgotten");
    assert_eq!(store.scan(THINGS, None, 1000).await?.len(), 200);
    Ok(())
}

/// Whoever asks may go before the answer, as tasks that are stopped do.
#[tokio::test]
async fn l15_a_store_that_was_let_go_is_free_although_somebody_left_a_scan() -> Result<(), StoreError> {
    let (_folder, settings) = settings();
    let mut store = RedbStore::open_or_create(&settings).unwrap();
    for it in 0..16 {
        store.put(THINGS, &Key::of([it]), record(vec![it; Record::MAX_BODY])).await?;
    }
    for _ in 0..20 {
        tokio::select! {
            biased;
            page = store.scan(THINGS, None, 16) => drop(page?),
            () = std::future::ready(()) => {}
        }
        drop(store);
        store = RedbStore::open(&settings).expect("the file is free");
    }
    assert_eq!(store.scan(THINGS, None, 17).await?.len(), 16);
    Ok(())
}
