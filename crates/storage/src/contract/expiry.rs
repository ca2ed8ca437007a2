//! Expiry and the sweep.

use oauth_types::UnixTime;

use super::{THINGS, THINGS_2, expiring, key};
use crate::{Key, Record, RecordStore, StoreError};

pub(super) async fn returns_expired_records_until_they_are_swept(
    store: &dyn RecordStore,
) -> Result<(), StoreError> {
    let (key, owner) = (key("a"), Key::of([9]));
    store.put(THINGS, &key, expiring(0).owned_by(owner.clone())).await?;
    assert!(store.get(THINGS, &key).await?.is_some(), "get");
    assert_eq!(store.scan(THINGS, None, 10).await?.len(), 1, "scan");
    assert!(!store.insert_new(THINGS, &key, expiring(9)).await?, "an expired record still holds its key");
    assert_eq!(sweep(store, 0, 10).await?, [("things".to_owned(), key.clone())], "swept");
    assert!(store.get(THINGS, &key).await?.is_none(), "gone");
    assert_eq!(store.delete_by_owner(&owner).await?, 0, "from the owner as well");
    assert!(store.insert_new(THINGS, &key, expiring(9)).await?, "the key is free");
    Ok(())
}

pub(super) async fn sweeps_the_oldest_first(store: &dyn RecordStore) -> Result<(), StoreError> {
    for (text, seconds) in [("c", 10), ("a", 300), ("b", 20), ("later", 301), ("never", u64::MAX)] {
        store.put(THINGS, &key(text), expiring(seconds)).await?;
    }
    store.put(THINGS_2, &key("d"), Record { format: 1, ..expiring(15) }).await?;
    for (limit, expected) in [
        (0, &[][..]),
        (3, &[("things", "c"), ("things_2", "d"), ("things", "b")]),
        (3, &[("things", "a")]),
        (3, &[]),
    ] {
        let expected: Vec<_> =
            expected.iter().map(|(table, text)| ((*table).to_owned(), key(text))).collect();
        assert_eq!(sweep(store, 300, limit).await?, expected, "what expires at 300 is expired at 300");
    }
    assert_eq!(store.scan(THINGS, None, 10).await?.len(), 2, "what has not expired stays");
    Ok(())
}

pub(super) async fn follows_a_change_of_expiry(store: &dyn RecordStore) -> Result<(), StoreError> {
    for text in ["prolonged", "shortened", "taken"] {
        store.put(THINGS, &key(text), expiring(10)).await?;
    }
    store.put(THINGS, &key("prolonged"), expiring(30)).await?;
    store.put(THINGS, &key("shortened"), expiring(5)).await?;
    store.take(THINGS, &key("taken")).await?;
    assert_eq!(sweep(store, 5, 10).await?, [("things".to_owned(), key("shortened"))], "at 5");
    assert_eq!(sweep(store, 29, 10).await?, [], "at 29");
    assert_eq!(sweep(store, 30, 10).await?, [("things".to_owned(), key("prolonged"))], "at 30");
    Ok(())
}

async fn sweep(store: &dyn RecordStore, now: u64, limit: usize) -> Result<Vec<(String, Key)>, StoreError> {
    let swept = store.sweep(UnixTime::from_seconds(now), limit).await?;
    Ok(swept.into_iter().map(|it| (it.table, it.key)).collect())
}
