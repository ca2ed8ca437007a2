//! Changes that share a commit.

use std::sync::mpsc;

use tokio::{sync::oneshot, task::JoinSet};

use super::*;

/// 64 callers that change their records again and again: many changes go into one commit.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gathers_what_arrives_during_a_commit() -> Result<(), StoreError> {
    let (_folder, settings) = settings();
    let store = Arc::new(RedbStore::open_or_create(&settings).unwrap());
    let mut callers = JoinSet::new();
    for caller in 0..64_u8 {
        let store = Arc::clone(&store);
        callers.spawn(async move {
            for round in 0..20_u8 {
                store.put(THINGS, &Key::of([caller]), record([round])).await?;
                let found = store.get(THINGS, &Key::of([caller])).await?;
                assert_eq!(found.map(|it| it.record), Some(record([round])), "answered, so readable");
            }
            Ok(())
        });
    }
    for outcome in callers.join_all().await {
        outcome?;
    }
    let Statistics { commits, changes, file_bytes } = store.statistics();
    assert_eq!(changes, 64 * 20);
    assert!(commits * 8 <= changes, "{commits} commits for {changes} changes");
    assert!(file_bytes > 0);
    Ok(())
}

/// A change sees what the ones before it in the same commit did, and one that is refused spoils nothing.
#[tokio::test]
async fn changes_of_one_commit_see_each_other() -> Result<(), StoreError> {
    let (_folder, settings) = settings();
    let store = Arc::new(RedbStore::open_or_create(&settings).unwrap());
    let (key, other) = (Key::of([1]), Key::of([2]));
    store.put(THINGS, &key, record("0")).await?;
    let revision = store.get(THINGS, &key).await?.unwrap().revision;
    let before = store.statistics();

    let open = hold_writer(&store).await;
    let (won, lost, refused, inserted, again, taken, gone, ()) = tokio::join!(
        store.compare_and_swap(THINGS, &key, revision, record("1")),
        store.compare_and_swap(THINGS, &key, revision, record("2")),
        store.put(THINGS, &key, record(vec![0; Record::MAX_BODY + 1])),
        store.insert_new(THINGS, &other, record("3").owned_by(key.clone())),
        store.insert_new(THINGS, &other, record("4")),
        store.take(THINGS, &key),
        store.delete_by_owner(&key),
        async { open.send(()).unwrap() },
    );
    assert_eq!((won?, lost?), (true, false));
    assert_eq!(refused, Err(StoreError::TooLarge(Record::MAX_BODY + 1)));
    assert_eq!((inserted?, again?), (true, false));
    assert_eq!(taken?.map(|it| it.record), Some(record("1")));
    assert_eq!(gone?, 1);
    assert!(store.scan(THINGS, None, 10).await?.is_empty());
    let after = store.statistics();
    assert_eq!(after.commits - before.commits, 1, "seven changes, one commit");
    assert_eq!(after.changes - before.changes, 7);
    Ok(())
}

/// Keeps the writer in a change that changes nothing, until something is sent.
async fn hold_writer(store: &Arc<RedbStore>) -> mpsc::Sender<()> {
    let (open, gate) = mpsc::channel();
    let (enter, entered) = oneshot::channel();
    let store = Arc::clone(store);
    task::spawn(async move {
        let held = store.writer.change(move |_| {
            enter.send(()).unwrap();
            gate.recv().unwrap();
            Ok(())
        });
        held.await.unwrap();
    });
    entered.await.unwrap();
    open
}

/// A flood of replays must not cost a sync each.
#[tokio::test]
async fn commits_nothing_if_nothing_changed() -> Result<(), StoreError> {
    let (_folder, settings) = settings();
    let store = RedbStore::open_or_create(&settings).unwrap();
    let key = Key::of([1]);
    assert!(store.insert_new(THINGS, &key, record([])).await?);
    let before = store.statistics();
    assert!(!store.insert_new(THINGS, &key, record([])).await?);
    assert!(!store.compare_and_swap(THINGS, &key, 0, record([])).await?);
    assert_eq!(store.take(THINGS, &Key::of([2])).await?, None);
    assert!(store.sweep(UnixTime::EPOCH, 10).await?.is_empty());
    assert_eq!(store.statistics().commits, before.commits);
    assert!(store.remove(THINGS, &key).await?);
    assert_eq!(store.statistics().commits, before.commits + 1);
    Ok(())
}

/// A caller that goes away leaves a change that is whole, and the store to the others.
#[tokio::test]
async fn finishes_what_was_asked_before_it_closes() -> Result<(), StoreError> {
    let (_folder, settings) = settings();
    let store = RedbStore::open_or_create(&settings).unwrap();
    let (open, gate) = mpsc::channel();
    let key = Key::of([1]);
    tokio::select! {
        biased;
        _ = store.writer.change(move |_| Ok(gate.recv())) => unreachable!("the gate is closed"),
        _ = store.put(THINGS, &key, record("kept")) => unreachable!("it waits behind the gate"),
        () = async {} => {}
    }
    open.send(()).unwrap();
    drop(store);
    let store = RedbStore::open(&settings).unwrap();
    assert_eq!(store.get(THINGS, &key).await?.map(|it| it.record), Some(record("kept")));
    Ok(())
}

/// A panic inside a change ends the store for everybody, with an answer, and undoes the commit.
#[tokio::test]
async fn a_panic_of_the_writer_is_an_answer() -> Result<(), StoreError> {
    let (_folder, mut settings) = settings();
    settings.reopen_every = None;
    let store = RedbStore::open_or_create(&settings).unwrap();
    let key = Key::of([1]);
    store.put(THINGS, &key, record("before")).await?;
    let its_key = key.clone();
    let outcome: Result<(), _> = store
        .writer
        .change(move |rows| {
            change::write(rows, THINGS, &its_key, Write::new(Expected::Anything, record("half-way")))?;
            panic!("a bug");
        })
        .await;
    assert!(matches!(outcome, Err(StoreError::Io(_))), "{outcome:?}");
    assert!(matches!(store.remove(THINGS, &key).await, Err(StoreError::Unavailable(_))));
    drop(store);
    let store = RedbStore::open(&settings).unwrap();
    assert_eq!(store.get(THINGS, &key).await?.map(|it| it.record), Some(record("before")));
    Ok(())
}

/// The file is opened anew without being let go: nobody else gets it, not even in between.
#[tokio::test]
async fn l15_a_store_that_opens_its_file_anew_keeps_it() -> Result<(), StoreError> {
    let (_folder, settings) = settings();
    let store = RedbStore::open_or_create(&settings).unwrap();
    let key = Key::of([1]);
    store.put(THINGS, &key, record("before")).await?;
    for round in 0..20_u8 {
        let outcome: Result<(), _> = store.writer.change(|_| panic!("a bug")).await;
        assert!(matches!(outcome, Err(StoreError::Io(_))), "{outcome:?}");
        loop {
            assert!(matches!(RedbStore::open(&settings), Err(OpenError::Locked { .. })), "{round}");
            if store.check().is_ok() {
                break;
            }
        }
        store.put(THINGS, &key, record([round])).await?;
        assert_eq!(store.get(THINGS, &key).await?.map(|it| it.record), Some(record([round])));
    }
    drop(store);
    let store = RedbStore::open(&settings).unwrap();
    assert_eq!(store.get(THINGS, &key).await?.map(|it| it.record), Some(record([19])));
    Ok(())
}
