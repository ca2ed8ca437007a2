//! A disk that fails.

use std::time::{Duration, Instant};

use redb::StorageBackend;

use super::*;
use crate::FailingDisk;

/// A store that stays as it is after a failure.
fn open(disk: &FailingDisk) -> RedbStore {
    RedbStore::on_backend(&never_reopening(), disk.opener()).unwrap()
}

fn never_reopening() -> RedbSettings {
    RedbSettings { reopen_every: None, ..RedbSettings::new("simulated") }
}

/// A store that tries without a pause.
fn open_reopening(disk: &FailingDisk) -> RedbStore {
    let settings = RedbSettings { reopen_every: Some(Duration::ZERO), ..RedbSettings::new("simulated") };
    RedbStore::on_backend(&settings, disk.opener()).unwrap()
}

/// Waits until the store can be used again.
async fn recovered(store: &RedbStore) {
    let usable = async {
        while store.check().is_err() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), usable).await.expect("it recovers");
}

/// Large enough for the file to grow.
const LARGE: usize = 150_000;
const COUNT: u8 = 5;

/// Whichever operation of the disk fails: from that change on nothing is answered, nothing is written any more, and
/// what was answered before is there when the store is opened anew.
#[tokio::test]
async fn l04_a_failed_write_or_sync_ends_the_store_and_loses_nothing_answered() -> Result<(), StoreError> {
    let mut failures = 0;
    for n in 1.. {
        let disk = FailingDisk::new();
        let store = open(&disk);
        disk.fail_nth(n);
        let mut answered = Vec::new();
        let len = disk.len().unwrap();
        for it in 0..COUNT {
            let large = record(vec![it; LARGE]).owned_by(Key::of([9]));
            match store.put(THINGS, &Key::of([it]), large).await {
                Ok(()) => answered.push(it),
                Err(error) => {
                    check_failed(&store, &error).await;
                    break;
                }
            }
        }
        let failed = disk.has_failed() && answered.len() < usize::from(COUNT);
        drop(store);
        if failed {
            assert_eq!(disk.written_after_failure(), 0, "the {n}-th: written after it");
        }
        disk.repair();
        check_answered(&open(&disk), &answered, n).await?;
        if !failed {
            assert!(disk.len().unwrap() > len, "`set_len` had its turn");
            break;
        }
        failures += 1;
    }
    assert!(failures > 40, "the flow has only {failures} operations");
    Ok(())
}

/// Whether a caller reads or the writer does: an unreadable page ends the store, and is never taken for an empty one.
#[tokio::test]
async fn l04_a_failed_read_ends_the_store() -> Result<(), StoreError> {
    for by_writer in [false, true] {
        let disk = FailingDisk::new();
        let mut settings = never_reopening();
        // So that every read goes to the disk.
        settings.cache_bytes = 0;
        let store = RedbStore::on_backend(&settings, disk.opener()).unwrap();
        let key = Key::of([1]);
        store.put(THINGS, &key, record("kept")).await?;
        disk.set_unreadable(true);
        let outcome = if by_writer {
            store.take(THINGS, &key).await.map(drop)
        } else {
            store.get(THINGS, &key).await.map(drop)
        };
        check_failed(&store, &outcome.unwrap_err()).await;
        drop(store);

        disk.set_unreadable(false);
        let found = open(&disk).get(THINGS, &key).await?;
        assert_eq!(found.map(|it| it.record), Some(record("kept")));
    }
    Ok(())
}

/// Whichever operation of the disk fails, and whatever fails of the attempts after it: while there is no room nothing is
/// answered, and once there is the store goes on by itself, with all that was answered and nothing halved.
#[tokio::test]
async fn l04_fi16_a_full_disk_is_waited_out() -> Result<(), StoreError> {
    let (mut failures, mut kept, mut slowest) = (0, 0, Duration::ZERO);
    for n in 1.. {
        let disk = FailingDisk::new();
        let store = open_reopening(&disk);
        let opened = disk.opened();
        disk.fill_at_nth(n);
        let mut answered = Vec::new();
        for it in 0..COUNT {
            let large = record(vec![it; LARGE]).owned_by(Key::of([9]));
            match store.put(THINGS, &Key::of([it]), large).await {
                Ok(()) => answered.push(it),
                Err(error) => {
                    check_failed(&store, &error).await;
                    break;
                }
            }
        }
        if answered.len() == usize::from(COUNT) {
            break;
        }
        failures += 1;
        // At least one attempt meets the full disk.
        while disk.opened() < opened + 2 {
            tokio::task::yield_now().await;
        }
        assert!(store.check().is_err(), "the {n}-th: there is no room yet");

        let began = Instant::now();
        disk.repair();
        recovered(&store).await;
        slowest = slowest.max(began.elapsed());
        check_answered(&store, &answered, n).await?;
        kept += answered.len();
        store.put(THINGS, &Key::of([COUNT]), record("after it")).await?;
        drop(store);
        let found = open(&disk).get(THINGS, &Key::of([COUNT])).await?;
        assert_eq!(found.map(|it| it.record), Some(record("after it")), "the {n}-th");
    }
    println!(
        "FI-16: the disk was full from each of {failures} operations on: {kept} changes that were answered, 0 lost, 0 \
         halved; at work again {} ms after there was room, at most",
        slowest.as_millis()
    );
    assert!(failures > 40, "the flow has only {failures} operations");
    Ok(())
}

/// Revisions never come twice, so a change that was read before the failure is not taken for the present one.
#[tokio::test]
async fn l04_fi16_what_was_read_before_a_failure_is_compared_after_it() -> Result<(), StoreError> {
    let disk = FailingDisk::new();
    let store = open_reopening(&disk);
    let key = Key::of([1]);
    store.put(THINGS, &key, record("first")).await?;
    let before = store.get(THINGS, &key).await?.unwrap();

    disk.fail_nth(1);
    assert!(matches!(store.put(THINGS, &key, record("lost")).await, Err(StoreError::Io(_))));
    recovered(&store).await;
    assert!(store.compare_and_swap(THINGS, &key, before.revision, record("second")).await?, "unchanged");
    assert!(!store.compare_and_swap(THINGS, &key, before.revision, record("third")).await?, "changed");
    let after = store.get(THINGS, &key).await?.unwrap();
    assert_eq!(after.record, record("second"));
    assert!(after.revision > before.revision);
    Ok(())
}

/// A page that cannot be read for a while.
#[tokio::test]
async fn l04_fi16_a_failed_read_is_waited_out() -> Result<(), StoreError> {
    let disk = FailingDisk::new();
    let settings =
        RedbSettings { cache_bytes: 0, reopen_every: Some(Duration::ZERO), ..RedbSettings::new("simulated") };
    let store = RedbStore::on_backend(&settings, disk.opener()).unwrap();
    let key = Key::of([1]);
    store.put(THINGS, &key, record("kept")).await?;
    disk.set_unreadable(true);
    assert!(matches!(store.get(THINGS, &key).await, Err(StoreError::Io(_))));
    assert!(matches!(store.get(THINGS, &key).await, Err(StoreError::Unavailable(_))));

    disk.set_unreadable(false);
    recovered(&store).await;
    assert_eq!(store.get(THINGS, &key).await?.map(|it| it.record), Some(record("kept")));
    Ok(())
}

async fn check_failed(store: &RedbStore, error: &StoreError) {
    let (key, owner) = (Key::of([0]), Key::of([9]));
    assert!(matches!(error, StoreError::Io(_)), "{error}");
    for outcome in [
        store.get(THINGS, &key).await.map(drop),
        store.scan(THINGS, None, 1).await.map(drop),
        store.put(THINGS, &key, record([])).await,
        store.insert_new(THINGS, &key, record([])).await.map(drop),
        store.compare_and_swap(THINGS, &key, 0, record([])).await.map(drop),
        store.take(THINGS, &key).await.map(drop),
        store.remove(THINGS, &key).await.map(drop),
        store.delete_by_owner(&owner).await.map(drop),
        store.sweep(UnixTime::EPOCH, 1).await.map(drop),
    ] {
        assert!(matches!(outcome, Err(StoreError::Unavailable(_))), "{outcome:?}");
    }
}

/// All that was answered is there; of the one that was not, everything or nothing.
async fn check_answered(store: &RedbStore, answered: &[u8], n: u64) -> Result<(), StoreError> {
    let found = store.scan(THINGS, None, 100).await?;
    assert!([answered.len(), answered.len() + 1].contains(&found.len()), "the {n}-th");
    for (it, (key, row)) in (0..).zip(&found) {
        assert_eq!((key.as_bytes(), &row.record.body), ([it].as_slice(), &vec![it; LARGE]), "the {n}-th");
    }
    assert_eq!(store.delete_by_owner(&Key::of([9])).await?, found.len(), "the {n}-th: the index agrees");
    Ok(())
}
