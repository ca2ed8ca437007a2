//! What processes that share a store learn of each other.

use std::{collections::BTreeSet, sync::Arc};

use oauth_types::SystemEntropy;
use tokio::task::{JoinSet, yield_now};

use super::{THINGS, THINGS_2, key, record};
use crate::{
    ChangeFeed, Changes, ChosenRevision, Expected, Key, Position, Record, RecordStore, StoreError, Write,
};

pub(super) async fn tells_what_was_written(
    store: &(impl RecordStore + ChangeFeed),
) -> Result<(), StoreError> {
    store.put(THINGS, &key("before"), record("")).await?;
    let start = store.position().await?;
    for (text, body) in [("a", "1"), ("b", "1"), ("a", "2"), ("gone", "1")] {
        store.put(THINGS, &key(text), record(body)).await?;
    }
    store.take(THINGS, &key("gone")).await?;
    let first = store.changes(THINGS, start).await?;
    let told = |text: &str| first.records.iter().filter(|(it, _)| *it == key(text)).count();
    assert_eq!((told("a"), told("b"), told("gone")), (1, 1, 0), "once each, and only what is there");
    for (key, found) in &first.records {
        assert_eq!(store.get(THINGS, key).await?.as_ref(), Some(found), "as it is now");
    }
    let revision = store.get(THINGS, &key("b")).await?.map_or(0, |it| it.revision);
    assert!(store.compare_and_swap(THINGS, &key("b"), revision, record("3")).await?, "swapped");
    assert!(store.insert_new(THINGS, &key("c"), record("1")).await?, "inserted");
    let second = store.changes(THINGS, first.position).await?;
    assert!(names(&second).is_superset(&[key("b"), key("c")].into()), "swaps and insertions are changes");
    Ok(())
}

/// Numbers that writers have chosen are in no order.
pub(super) async fn tells_writes_of_a_chosen_revision(
    store: &(impl RecordStore + ChangeFeed),
) -> Result<(), StoreError> {
    let mut position = store.position().await?;
    for text in ["a", "b", "c", "d", "e", "f", "g", "h"] {
        let chosen = ChosenRevision::random(&SystemEntropy);
        let write = Write::new(Expected::Nothing, record("")).numbered(chosen);
        assert!(store.write(THINGS, &key(text), write).await?, "written");
        let plain = format!("{text} after");
        store.put(THINGS, &key(&plain), record("")).await?;
        let changes = store.changes(THINGS, position).await?;
        assert!(names(&changes).is_superset(&[key(text), key(&plain)].into()), "told in the order of writes");
        position = changes.position;
    }
    Ok(())
}

pub(super) async fn keeps_tables_apart(store: &(impl RecordStore + ChangeFeed)) -> Result<(), StoreError> {
    let start = store.position().await?;
    store.put(THINGS_2, &key("a"), Record { format: 1, ..record("") }).await?;
    assert!(store.changes(THINGS, start).await?.records.is_empty(), "of another table");
    assert_eq!(store.changes(THINGS_2, start).await?.records.len(), 1, "of this one");
    Ok(())
}

pub(super) async fn begins_anew_after_a_foreign_position(
    store: &(impl RecordStore + ChangeFeed),
) -> Result<(), StoreError> {
    store.put(THINGS, &key("a"), record("")).await?;
    let found = store.changes(THINGS, Position(u64::MAX >> 1)).await?;
    assert_eq!(found.records.len(), 1, "all there are");
    let again = store.changes(THINGS, found.position).await?;
    assert!(again.position >= found.position, "and it goes on from there");
    Ok(())
}

/// Writers whose transactions end in any order, and one who follows.
pub(super) async fn passes_nothing_over<S>(store: Arc<S>) -> Result<(), StoreError>
where
    S: RecordStore + ChangeFeed + 'static,
{
    let mut position = store.position().await?;
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let store = Arc::clone(&store);
        writers.spawn(async move {
            for it in 0..WRITES {
                store.insert_new(THINGS, &Key::of([writer, it]), record("")).await?;
            }
            Ok::<(), StoreError>(())
        });
    }
    let mut seen = BTreeSet::new();
    while !writers.is_empty() {
        let changes = store.changes(THINGS, position).await?;
        position = changes.position;
        seen.extend(names(&changes));
        match writers.try_join_next() {
            Some(Ok(written)) => written?,
            Some(Err(error)) => panic!("a writer: {error}"),
            None => yield_now().await,
        }
    }
    seen.extend(names(&store.changes(THINGS, position).await?));
    assert_eq!(seen.len(), usize::from(WRITERS) * usize::from(WRITES), "every insertion was told");
    Ok(())
}

fn names(changes: &Changes) -> BTreeSet<Key> {
    changes.records.iter().map(|(key, _)| key.clone()).collect()
}

const WRITERS: u8 = 8;
const WRITES: u8 = 50;
