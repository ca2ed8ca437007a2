//! Records that belong to something, and end with it.

use super::{THINGS, THINGS_2, key, record};
use crate::{Key, Record, RecordStore, StoreError};

pub(super) async fn deletes_all_of_an_owner(store: &dyn RecordStore) -> Result<(), StoreError> {
    // Each begins like the other, so that an implementation which compares only a part is found out.
    let (ours, theirs) = (Key::of([7]), Key::of([7, 7]));
    for text in ["a", "b"] {
        store.put(THINGS, &key(text), record("").owned_by(ours.clone())).await?;
    }
    store.put(THINGS_2, &key("a"), Record { format: 1, ..record("").owned_by(ours.clone()) }).await?;
    store.put(THINGS, &key("theirs"), record("").owned_by(theirs.clone())).await?;
    store.put(THINGS, &key("nobody's"), record("")).await?;
    assert_eq!(store.delete_by_owner(&ours).await?, 3, "all of every table");
    assert_eq!(store.delete_by_owner(&ours).await?, 0, "and no more");
    for (table, text, expected) in [
        (THINGS, "a", false),
        (THINGS, "b", false),
        (THINGS_2, "a", false),
        (THINGS, "theirs", true),
        (THINGS, "nobody's", true),
    ] {
        assert_eq!(store.get(table, &key(text)).await?.is_some(), expected, "{text} of {}", table.name());
    }
    assert_eq!(store.delete_by_owner(&theirs).await?, 1, "the others");
    Ok(())
}

pub(super) async fn follows_a_change_of_owner(store: &dyn RecordStore) -> Result<(), StoreError> {
    let (old, new) = (Key::of([1]), Key::of([2]));
    for text in ["moved", "freed", "taken", "removed"] {
        store.put(THINGS, &key(text), record("").owned_by(old.clone())).await?;
    }
    store.put(THINGS, &key("moved"), record("").owned_by(new.clone())).await?;
    store.put(THINGS, &key("freed"), record("")).await?;
    store.take(THINGS, &key("taken")).await?;
    store.remove(THINGS, &key("removed")).await?;
    store.put(THINGS, &key("taken"), record("")).await?;
    assert_eq!(store.delete_by_owner(&old).await?, 0, "none is the old owner's any more");
    assert_eq!(store.delete_by_owner(&new).await?, 1, "one is the new owner's");
    assert_eq!(store.scan(THINGS, None, 10).await?.len(), 2, "two are nobody's");
    Ok(())
}
