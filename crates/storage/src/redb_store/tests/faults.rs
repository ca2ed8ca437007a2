//! A disk that fails.

use std::{
    io,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering},
    },
};

use redb::StorageBackend;

use super::*;

/// Bytes that outlive the store on them, and an operation that fails when its turn comes, and all after it.
#[derive(Clone, Debug)]
struct Disk(Arc<State>);

#[derive(Debug)]
struct State {
    bytes: Mutex<Vec<u8>>,
    left: AtomicI64,
    written_after_failure: AtomicU64,
    unreadable: AtomicBool,
}

impl Disk {
    fn new() -> Self {
        Self(Arc::new(State {
            bytes: Mutex::default(),
            left: AtomicI64::new(i64::MAX),
            written_after_failure: AtomicU64::new(0),
            unreadable: AtomicBool::new(false),
        }))
    }

    /// Lets the `n`-th write, sync or change of length fail, once: what follows would succeed again.
    fn fail_nth(&self, n: i64) {
        self.0.left.store(n, Ordering::SeqCst);
    }

    fn has_failed(&self) -> bool {
        self.0.left.load(Ordering::SeqCst) <= 0
    }

    fn act(&self) -> io::Result<()> {
        match self.0.left.fetch_sub(1, Ordering::SeqCst) {
            1 => Err(io::ErrorKind::StorageFull.into()),
            left => {
                if left < 1 {
                    self.0.written_after_failure.fetch_add(1, Ordering::SeqCst);
                }
                Ok(())
            }
        }
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        Ok(self.0.bytes.lock().unwrap().len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        if self.0.unreadable.load(Ordering::SeqCst) {
            return Err(io::Error::other("unreadable"));
        }
        let start = usize::try_from(offset).unwrap();
        let bytes = self.0.bytes.lock().unwrap();
        out.copy_from_slice(bytes.get(start..start + out.len()).ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.act()?;
        self.0.bytes.lock().unwrap().resize(usize::try_from(len).unwrap(), 0);
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        self.act()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.act()?;
        let start = usize::try_from(offset).unwrap();
        self.0.bytes.lock().unwrap()[start..start + data.len()].copy_from_slice(data);
        Ok(())
    }
}

fn open(disk: &Disk) -> RedbStore {
    RedbStore::on_backend(&RedbSettings::new("simulated"), || disk.clone()).unwrap()
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
        let disk = Disk::new();
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
            assert_eq!(
                disk.0.written_after_failure.load(Ordering::SeqCst),
                0,
                "the {n}-th: written after it"
            );
        }
        disk.fail_nth(i64::MAX);
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
        let disk = Disk::new();
        let mut settings = RedbSettings::new("simulated");
        // So that every read goes to the disk.
        settings.cache_bytes = 0;
        let store = RedbStore::on_backend(&settings, || disk.clone()).unwrap();
        let key = Key::of([1]);
        store.put(THINGS, &key, record("kept")).await?;
        disk.0.unreadable.store(true, Ordering::SeqCst);
        let outcome = if by_writer {
            store.take(THINGS, &key).await.map(drop)
        } else {
            store.get(THINGS, &key).await.map(drop)
        };
        check_failed(&store, &outcome.unwrap_err()).await;
        drop(store);

        disk.0.unreadable.store(false, Ordering::SeqCst);
        let found = open(&disk).get(THINGS, &key).await?;
        assert_eq!(found.map(|it| it.record), Some(record("kept")));
    }
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
async fn check_answered(store: &RedbStore, answered: &[u8], n: i64) -> Result<(), StoreError> {
    let found = store.scan(THINGS, None, 100).await?;
    assert!([answered.len(), answered.len() + 1].contains(&found.len()), "the {n}-th");
    for (it, (key, row)) in (0..).zip(&found) {
        assert_eq!((key.as_bytes(), &row.record.body), ([it].as_slice(), &vec![it; LARGE]), "the {n}-th");
    }
    assert_eq!(store.delete_by_owner(&Key::of([9])).await?, found.len(), "the {n}-th: the index agrees");
    Ok(())
}
