//! What one caller sees.

use oauth_types::SystemEntropy;

use super::{THINGS, THINGS_2, key, record};
use crate::{ChosenRevision, Expected, Key, Record, RecordStore, StoreError, Versioned, Write};

pub(super) async fn inserts_once(store: &dyn RecordStore) -> Result<(), StoreError> {
    let key = key("a");
    assert!(store.insert_new(THINGS, &key, record("first")).await?, "the first insertion succeeds");
    assert!(!store.insert_new(THINGS, &key, record("second")).await?, "the second is refused");
    let found = store.get(THINGS, &key).await?.map(|it| it.record);
    assert_eq!(found, Some(record("first")), "a refused insertion changes nothing");
    Ok(())
}

pub(super) async fn takes_once(store: &dyn RecordStore) -> Result<(), StoreError> {
    let key = key("a");
    assert_eq!(store.take(THINGS, &key).await?, None, "nothing to take");
    store.put(THINGS, &key, record("it")).await?;
    assert_eq!(taken(store, &key).await?, Some(record("it")), "taken");
    assert_eq!(store.take(THINGS, &key).await?, None, "taken before");
    assert_eq!(store.get(THINGS, &key).await?, None, "gone");
    assert!(store.insert_new(THINGS, &key, record("anew")).await?, "the key is free again");
    Ok(())
}

pub(super) async fn swaps_the_expected_revision_only(store: &dyn RecordStore) -> Result<(), StoreError> {
    let key = key("a");
    assert!(!store.compare_and_swap(THINGS, &key, 0, record("x")).await?, "nothing to swap");
    assert_eq!(store.get(THINGS, &key).await?, None, "a swap never inserts");
    store.put(THINGS, &key, record("1")).await?;
    let first = revision(store, &key).await?;
    for wrong in [first.wrapping_add(1), first.wrapping_sub(1), u64::MAX] {
        assert!(!store.compare_and_swap(THINGS, &key, wrong, record("x")).await?, "{wrong} for {first}");
    }
    assert!(store.compare_and_swap(THINGS, &key, first, record("2")).await?, "the revision that was read");
    assert!(!store.compare_and_swap(THINGS, &key, first, record("3")).await?, "which is now an old one");
    let found = store.get(THINGS, &key).await?.map(|it| it.record);
    assert_eq!(found, Some(record("2")), "one swap");
    Ok(())
}

/// An old revision must not fit a record that was removed and came back, or was replaced by an equal one.
pub(super) async fn never_reuses_a_revision(store: &dyn RecordStore) -> Result<(), StoreError> {
    let key = key("a");
    let mut seen = Vec::new();
    for _ in 0..3 {
        store.put(THINGS, &key, record("same")).await?;
        seen.push(revision(store, &key).await?);
        store.put(THINGS, &key, record("same")).await?;
        seen.push(revision(store, &key).await?);
        store.remove(THINGS, &key).await?;
    }
    store.put(THINGS, &key, record("same")).await?;
    for old in &seen {
        assert!(!store.compare_and_swap(THINGS, &key, *old, record("x")).await?, "{old} of {seen:?} is over");
    }
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), 6, "every write has its own revision: {seen:?}");
    Ok(())
}

pub(super) async fn puts_and_removes(store: &dyn RecordStore) -> Result<(), StoreError> {
    let key = key("a");
    for body in ["1", "2"] {
        store.put(THINGS, &key, record(body)).await?;
        assert_eq!(store.get(THINGS, &key).await?.map(|it| it.record), Some(record(body)), "replaced");
    }
    assert!(store.remove(THINGS, &key).await?, "it was there");
    assert!(!store.remove(THINGS, &key).await?, "it was not");
    Ok(())
}

pub(super) async fn keeps_tables_apart(store: &dyn RecordStore) -> Result<(), StoreError> {
    let key = key("a");
    store.put(THINGS, &key, record("1")).await?;
    assert_eq!(store.get(THINGS_2, &key).await?, None, "another table");
    assert!(!store.remove(THINGS_2, &key).await?, "another table");
    assert!(store.insert_new(THINGS_2, &key, Record { format: 1, ..record("2") }).await?, "another table");
    assert_eq!(taken(store, &key).await?, Some(record("1")), "this table");
    assert!(store.get(THINGS_2, &key).await?.is_some(), "another table");
    Ok(())
}

pub(super) async fn keeps_bytes_as_they_are(store: &dyn RecordStore) -> Result<(), StoreError> {
    let all_bytes: Vec<u8> = (0..=255).collect();
    let bodies = [Vec::new(), all_bytes.clone(), all_bytes.repeat(Record::MAX_BODY / 256)];
    let keys = [Key::of([0]), Key::of([0; 2]), Key::of([255; Key::MAX_LEN])];
    for (key, body) in keys.iter().zip(bodies) {
        let record = Record { body, ..record("").owned_by(Key::of([0; Key::MAX_LEN])) };
        store.put(THINGS, key, record.clone()).await?;
        let found = store.get(THINGS, key).await?.map(|it| it.record);
        assert!(found == Some(record), "what was put under {key:?} comes back");
    }
    Ok(())
}

pub(super) async fn refuses_large_bodies(store: &dyn RecordStore) -> Result<(), StoreError> {
    let (key, len) = (key("a"), Record::MAX_BODY + 1);
    let large = Record { body: vec![0; len], ..record("") };
    let refusal = StoreError::TooLarge(len);
    store.put(THINGS, &key, record("small")).await?;
    let revision = revision(store, &key).await?;
    assert_eq!(store.put(THINGS, &key, large.clone()).await, Err(refusal.clone()), "put");
    let swapped = store.compare_and_swap(THINGS, &key, revision, large.clone()).await;
    assert_eq!(swapped, Err(refusal.clone()), "swap");
    assert_eq!(store.insert_new(THINGS, &super::key("b"), large).await, Err(refusal), "insertion");
    assert_eq!(taken(store, &key).await?, Some(record("small")), "nothing changed");
    Ok(())
}

/// A revision that the writer has chosen is that of the record, and decides like any other.
pub(super) async fn writes_under_a_chosen_revision(store: &dyn RecordStore) -> Result<(), StoreError> {
    let key = key("a");
    let [first, second, third] = [(); 3].map(|()| ChosenRevision::random(&SystemEntropy));
    store.put(THINGS, &super::key("b"), record("x")).await?;
    let insertion = Write::new(Expected::Nothing, record("1")).numbered(first);
    assert!(store.write(THINGS, &key, insertion.clone()).await?, "nothing was there");
    assert_eq!(revision(store, &key).await?, first.number(), "as chosen");
    assert!(!store.write(THINGS, &key, insertion).await?, "now something is");
    let swap = Write::new(Expected::Revision(first.number()), record("2")).numbered(second);
    assert!(store.write(THINGS, &key, swap.clone()).await?, "what was expected");
    assert_eq!(revision(store, &key).await?, second.number(), "as chosen");
    assert!(!store.write(THINGS, &key, swap).await?, "a repetition finds itself there");
    let replacement = Write::new(Expected::Anything, record("3")).numbered(third);
    assert!(store.write(THINGS, &key, replacement).await?, "whatever was there");
    assert!(!store.compare_and_swap(THINGS, &key, second.number(), record("x")).await?, "an old one");
    let taken = store.take(THINGS, &key).await?;
    assert_eq!(taken, Some(Versioned { record: record("3"), revision: third.number() }), "as it was");
    store.put(THINGS, &key, record("4")).await?;
    let numbered = revision(store, &key).await?;
    assert!(numbered < 1 << 62, "the store's own are none that can be chosen: {numbered}");
    Ok(())
}

async fn taken(store: &dyn RecordStore, key: &Key) -> Result<Option<Record>, StoreError> {
    Ok(store.take(THINGS, key).await?.map(|it| it.record))
}

async fn revision(store: &dyn RecordStore, key: &Key) -> Result<u64, StoreError> {
    Ok(store.get(THINGS, key).await?.map_or(0, |it| it.revision))
}
