//! Many callers at once.

use std::sync::Arc;

use tokio::{sync::Barrier, task::JoinSet};

use super::{THINGS, key, record};
use crate::{Key, Record, RecordStore, StoreError};

type Store = Arc<dyn RecordStore>;

pub(super) async fn one_inserts(store: Store, contenders: usize) -> Result<(), StoreError> {
    let won = race(&store, contenders, |store, it| async move {
        store.insert_new(THINGS, &key("a"), record(&it.to_string())).await
    })
    .await?;
    let winners: Vec<_> = (0..).zip(won).filter_map(|(it, won): (usize, bool)| won.then_some(it)).collect();
    let [winner] = winners.as_slice() else {
        panic!("one of {contenders} inserts, not {winners:?}");
    };
    let found = store.get(THINGS, &key("a")).await?.map(|it| it.record);
    assert_eq!(found, Some(record(&winner.to_string())), "the winner's record stands");
    Ok(())
}

pub(super) async fn one_takes(store: Store, contenders: usize) -> Result<(), StoreError> {
    store.put(THINGS, &key("a"), record("it")).await?;
    let taken =
        race(&store, contenders, |store, _| async move { store.take(THINGS, &key("a")).await }).await?;
    let taken: Vec<_> = taken.into_iter().flatten().map(|it| it.record).collect();
    assert_eq!(taken, [record("it")], "one of {contenders} takes");
    Ok(())
}

pub(super) async fn one_swaps(store: Store, contenders: usize) -> Result<(), StoreError> {
    store.put(THINGS, &key("a"), record("start")).await?;
    let revision = store.get(THINGS, &key("a")).await?.map_or(0, |it| it.revision);
    let won = race(&store, contenders, move |store, it| async move {
        store.compare_and_swap(THINGS, &key("a"), revision, record(&it.to_string())).await
    })
    .await?;
    assert_eq!(won.into_iter().filter(|&it| it).count(), 1, "one of {contenders} swaps");
    Ok(())
}

/// Each counts up until its own swap succeeded: no count is lost.
pub(super) async fn counts_every_swap(store: Store, contenders: usize) -> Result<(), StoreError> {
    store.put(THINGS, &key("a"), Record { body: vec![0], ..record("") }).await?;
    race(&store, contenders, |store, _| async move {
        while let Some(found) = store.get(THINGS, &key("a")).await? {
            let body = found.record.body.iter().map(|count| count.wrapping_add(1)).collect();
            let next = Record { body, ..record("") };
            if store.compare_and_swap(THINGS, &key("a"), found.revision, next).await? {
                return Ok(());
            }
        }
        panic!("the record is gone");
    })
    .await?;
    let count =
        store.get(THINGS, &key("a")).await?.and_then(|it| it.record.body.first().map(|&it| usize::from(it)));
    assert_eq!(count, Some(contenders), "every swap counts");
    Ok(())
}

/// Readers of one page see all records of the owner, or none.
pub(super) async fn deletion_by_owner_is_one_act(store: Store, contenders: usize) -> Result<(), StoreError> {
    let owner = Key::of([9]);
    for it in 0..20_u8 {
        store.put(THINGS, &Key::of([it]), record("").owned_by(owner.clone())).await?;
    }
    let seen = race(&store, contenders, move |store, it| async move {
        if it == 0 {
            return Ok(store.delete_by_owner(&Key::of([9])).await? % 20);
        }
        Ok(store.scan(THINGS, None, 100).await?.len() % 20)
    })
    .await?;
    assert!(seen.iter().all(|&it| it == 0), "a part is gone: {seen:?}");
    assert!(store.scan(THINGS, None, 100).await?.is_empty(), "all are gone");
    Ok(())
}

/// What each of the contenders got, in the order of their numbers; they begin together.
async fn race<T, F>(
    store: &Store,
    contenders: usize,
    contender: impl Fn(Store, usize) -> F,
) -> Result<Vec<T>, StoreError>
where
    T: Send + 'static,
    F: Future<Output = Result<T, StoreError>> + Send + 'static,
{
    let start = Arc::new(Barrier::new(contenders));
    let mut running = JoinSet::new();
    for it in 0..contenders {
        let (start, contender) = (Arc::clone(&start), contender(Arc::clone(store), it));
        running.spawn(async move {
            start.wait().await;
            (it, contender.await)
        });
    }
    let mut results = running.join_all().await;
    results.sort_by_key(|(it, _)| *it);
    results.into_iter().map(|(_, result)| result).collect()
}
