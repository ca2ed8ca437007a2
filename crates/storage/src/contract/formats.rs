//! Records of programs older and newer than this one.

use oauth_types::UnixTime;

use super::{THINGS, key, record};
use crate::{Key, Record, RecordStore, StoreError, Table};

/// [`THINGS`] as an older program knows it.
const OLDER: Table = Table::new("things", 2);

pub(super) async fn never_returns_nor_replaces_a_newer_format(
    store: &dyn RecordStore,
) -> Result<(), StoreError> {
    let (newer, older) = (key("newer"), key("older"));
    let old = Record { format: 2, ..record("old") };
    let refusal = StoreError::Newer { table: "things", found: 3, known: 2 };
    store.put(THINGS, &newer, record("new")).await?;
    store.put(OLDER, &older, old.clone()).await?;
    let revision = store.get(THINGS, &newer).await?.map_or(0, |it| it.revision);

    assert_eq!(store.get(OLDER, &newer).await, Err(refusal.clone()), "get");
    assert_eq!(store.take(OLDER, &newer).await, Err(refusal.clone()), "take");
    assert_eq!(store.put(OLDER, &newer, old.clone()).await, Err(refusal.clone()), "put");
    let swapped = store.compare_and_swap(OLDER, &newer, revision, old.clone()).await;
    assert_eq!(swapped, Err(refusal.clone()), "swap");
    assert_eq!(store.scan(OLDER, None, 10).await, Err(refusal.clone()), "scan");
    assert_eq!(store.insert_new(OLDER, &newer, old.clone()).await, Ok(false), "the key is not free");
    let written = store.insert_new(OLDER, &key("c"), record("new")).await;
    assert_eq!(written, Err(refusal), "an older program cannot write what it cannot read");

    let found = store.get(THINGS, &newer).await?.map(|it| (it.record, it.revision));
    assert_eq!(found, Some((record("new"), revision)), "nothing changed");
    let taken = store.take(THINGS, &older).await?.map(|it| it.record);
    assert_eq!(taken, Some(old), "a newer program reads the older format");
    Ok(())
}

pub(super) async fn removes_whatever_format(store: &dyn RecordStore) -> Result<(), StoreError> {
    let owner = Key::of([9]);
    store.put(THINGS, &key("a"), record("")).await?;
    store.put(THINGS, &key("b"), record("").owned_by(owner.clone())).await?;
    store.put(THINGS, &key("c"), Record { expires_at: UnixTime::EPOCH, ..record("") }).await?;
    assert!(store.remove(OLDER, &key("a")).await?, "removed");
    assert_eq!(store.delete_by_owner(&owner).await?, 1, "by owner");
    assert_eq!(store.sweep(UnixTime::EPOCH, 10).await?.len(), 1, "swept");
    assert!(store.scan(THINGS, None, 10).await?.is_empty(), "nothing is left");
    Ok(())
}
