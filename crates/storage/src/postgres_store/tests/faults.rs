//! Databases and connections that go away, and come back.

use tokio::{task::JoinSet, time::Instant};

use super::{
    proxy::{Mood, Proxy},
    *,
};

/// A store behind a proxy, one with a way of its own, and the proxy.
async fn behind_a_proxy() -> (PostgresStore, PostgresStore, Proxy) {
    let server = PostgresServer::shared();
    let (url, near) = fresh().await;
    let proxy = Proxy::start(server.address()).await;
    let one = PostgresSettings {
        connections: 1,
        statement_timeout: Duration::from_millis(300),
        ..settings(&proxy.url(&url, server.address()))
    };
    (PostgresStore::connect(&one).await.unwrap(), near, proxy)
}

/// A counter that is changed once in each of the ways, while the answer or the request is lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn l17_a_lost_answer_is_unknown_and_the_change_happens_once() {
    let (store, near, proxy) = behind_a_proxy().await;
    let kinds = ["put", "insert", "swap", "take", "remove", "owner", "sweep"];
    for (mood, done) in [(Mood::Pass, true), (Mood::LoseAnswer, true), (Mood::LoseRequest, false)] {
        for kind in kinds {
            let before = prepare(&store, kind).await;
            proxy.set(mood);
            let statements = proxy.statements();
            let outcome = change(&store, kind, before).await;
            if mood == Mood::Pass {
                assert_eq!(outcome, Ok(()), "{kind}");
            } else {
                assert!(matches!(outcome, Err(StoreError::Io(_))), "{kind} {mood:?}: {outcome:?}");
                assert!(store.check().is_err(), "{kind}: nobody has heard of it since");
            }
            assert_eq!(proxy.statements(), statements + 1, "{kind} {mood:?}: nothing is repeated");
            assert_eq!(proxy.mood(), Mood::Pass, "{kind}: it happened to this statement");
            let after = near.get(THINGS, &key("a")).await.unwrap();
            let changed = match kind {
                "put" | "insert" | "swap" => after.is_some_and(|it| it.record.body == [1]),
                _ => after.is_none(),
            };
            assert_eq!(changed, done, "{kind} {mood:?}");
            assert!(store.get(THINGS, &key("a")).await.is_ok(), "{kind}: the store goes on");
            assert_eq!(store.check(), Ok(()));
        }
    }
}

/// Leaves the record as the change wants to find it, and the statement known to the connection.
async fn prepare(store: &PostgresStore, kind: &str) -> u64 {
    for _ in 0..2 {
        store.remove(THINGS, &key("a")).await.unwrap();
        if kind != "insert" {
            let record = Record { expires_at: UnixTime::EPOCH, ..record([0]) };
            store.put(THINGS, &key("a"), record.owned_by(key("owner"))).await.unwrap();
        }
        let revision = store.get(THINGS, &key("a")).await.unwrap().map_or(0, |it| it.revision);
        change(store, kind, revision).await.unwrap();
    }
    store.remove(THINGS, &key("a")).await.unwrap();
    if kind == "insert" {
        return 0;
    }
    let record = Record { expires_at: UnixTime::EPOCH, ..record([0]) };
    store.put(THINGS, &key("a"), record.owned_by(key("owner"))).await.unwrap();
    store.get(THINGS, &key("a")).await.unwrap().unwrap().revision
}

async fn change(store: &PostgresStore, kind: &str, revision: u64) -> Result<(), StoreError> {
    let key = key("a");
    let done = match kind {
        "put" => store.put(THINGS, &key, record([1])).await.map(|()| true),
        "insert" => store.insert_new(THINGS, &key, record([1])).await,
        "swap" => store.compare_and_swap(THINGS, &key, revision, record([1])).await,
        "take" => store.take(THINGS, &key).await.map(|it| it.is_some()),
        "remove" => store.remove(THINGS, &key).await,
        "owner" => store.delete_by_owner(&Key::new("owner").unwrap()).await.map(|it| it == 1),
        _ => store.sweep(UnixTime::EPOCH, 10).await.map(|it| it.len() == 1),
    };
    assert!(done?, "{kind}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn l17_reads_are_repeated() {
    let (store, _, proxy) = behind_a_proxy().await;
    store.put(THINGS, &key("a"), record("it")).await.unwrap();
    store.get(THINGS, &key("a")).await.unwrap();
    let position = store.position().await.unwrap();
    for mood in [Mood::LoseAnswer, Mood::LoseRequest] {
        proxy.set(mood);
        assert!(store.get(THINGS, &key("a")).await.unwrap().is_some(), "{mood:?}");
        assert_eq!(proxy.mood(), Mood::Pass);
        proxy.set(mood);
        assert_eq!(store.changes(THINGS, position).await.unwrap().records.len(), 1, "{mood:?}");
        assert_eq!(store.check(), Ok(()));
    }
}

/// A partition: nothing arrives, and nobody says so.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fi15_silence_ends_with_an_error_and_then_it_works_again() {
    let (store, near, proxy) = behind_a_proxy().await;
    store.put(THINGS, &key("a"), record("1")).await.unwrap();
    proxy.set(Mood::Swallow);
    let start = Instant::now();
    let put = store.put(THINGS, &key("a"), record("2")).await;
    assert!(matches!(put, Err(StoreError::Io(_))), "{put:?}");
    let get = store.get(THINGS, &key("a")).await;
    assert!(matches!(get, Err(StoreError::Unavailable(_))), "{get:?}");
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    assert!(store.check().is_err());
    assert!(near.get(THINGS, &key("a")).await.unwrap().is_some(), "others go on");
    proxy.set(Mood::Pass);
    let start = Instant::now();
    while store.check().is_err() {
        assert!(start.elapsed() < Duration::from_secs(10), "it looks by itself");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    store.put(THINGS, &key("b"), record("3")).await.unwrap();
}

/// Writers go on while the server crashes and starts again.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fi15_no_acknowledged_change_is_lost_in_a_crash() {
    let server = PostgresServer::start();
    let store = connect(&server.database()).await;
    let passing = store.passing();
    passing.put(THINGS, &key("passing"), record("")).await.unwrap();
    let end = Arc::new(tokio::sync::Semaphore::new(0));
    let mut writing = JoinSet::new();
    for writer in 0..4_u8 {
        writing.spawn(write(store.clone(), writer, Arc::clone(&end)));
    }
    for _ in 0..2 {
        tokio::time::sleep(Duration::from_millis(300)).await;
        server.kill();
        let down = store.get(THINGS, &key("a")).await;
        assert!(matches!(down, Err(StoreError::Unavailable(_))), "{down:?}");
        assert!(matches!(store.check(), Err(StoreError::Unavailable(_))));
        server.resume();
        let start = Instant::now();
        while store.get(THINGS, &key("a")).await.is_err() {
            assert!(start.elapsed() < Duration::from_secs(10));
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert_eq!(store.check(), Ok(()));
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    end.close();
    let acknowledged: Vec<_> = writing.join_all().await.into_iter().flatten().collect();
    assert!(acknowledged.len() > 40, "{}", acknowledged.len());
    for key in &acknowledged {
        assert!(store.get(THINGS, key).await.unwrap().is_some(), "{key:?} was acknowledged");
    }
    assert_eq!(passing.get(THINGS, &key("passing")).await, Ok(None), "what is passing has passed");
    passing.put(THINGS, &key("passing"), record("")).await.unwrap();
}

/// What was acknowledged of a writer that never gives up.
async fn write(store: PostgresStore, writer: u8, end: Arc<tokio::sync::Semaphore>) -> Vec<Key> {
    let mut acknowledged = Vec::new();
    for it in 0_u32.. {
        if end.is_closed() {
            break;
        }
        let key = Key::new([&[writer][..], &it.to_be_bytes()].concat()).unwrap();
        match store.insert_new(THINGS, &key, record("")).await {
            Ok(inserted) => {
                assert!(inserted, "each key is used once");
                acknowledged.push(key);
            }
            Err(StoreError::Unavailable(_) | StoreError::Io(_)) => {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            Err(other) => panic!("{other:?}"),
        }
    }
    acknowledged
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn l19_a_standby_is_never_used() {
    let (first, second) = (PostgresServer::start(), PostgresServer::shared());
    let name = second.database().rsplit('/').next().unwrap().to_owned();
    let store = connect(&first.url("postgres")).await;
    store.put(THINGS, &key("a"), record("first")).await.unwrap();
    first.become_standby();
    let brief =
        PostgresSettings { acquire_timeout: Duration::from_millis(500), ..settings(&first.url("postgres")) };
    let refusal = PostgresStore::connect(&brief).await.unwrap_err();
    assert!(matches!(refusal, ConnectError::ReadOnly { .. }), "{refusal:?}");
    for outcome in [store.get(THINGS, &key("a")).await.map(drop), store.position().await.map(drop)] {
        assert!(matches!(outcome, Err(StoreError::Unavailable(_))), "{outcome:?}");
    }
    let both = format!("postgres://postgres:correct-horse@{},{}/{name}", first.address(), second.address());
    let other = connect(&both).await;
    assert_eq!(other.get(THINGS, &key("a")).await, Ok(None), "the other server");
    first.promote();
    assert!(store.get(THINGS, &key("a")).await.unwrap().is_some(), "it takes changes again");
}

#[tokio::test]
async fn l19_a_database_that_takes_no_changes_is_refused() {
    let url = PostgresServer::shared().database();
    let name = url.rsplit('/').next().unwrap();
    let brief = PostgresSettings { acquire_timeout: Duration::from_millis(300), ..settings(&url) };
    for (value, refused) in [("off", false), ("on", true)] {
        let sql = format!("ALTER DATABASE {name} SET default_transaction_read_only = {value}");
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut direct(&url).await).await.unwrap();
        let outcome = PostgresStore::connect(&brief).await.map(drop);
        assert_eq!(matches!(outcome, Err(ConnectError::ReadOnly { .. })), refused, "{value}: {outcome:?}");
    }
}

/// Who does not wait for a change leaves the one connection as it was.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_change_nobody_waits_for_happens_and_harms_nobody() {
    let (url, near) = fresh().await;
    let one = PostgresSettings { connections: 1, ..settings(&url) };
    let store = PostgresStore::connect(&one).await.unwrap();
    near.put(THINGS, &key("a"), record("1")).await.unwrap();
    let mut other = direct(&url).await;
    execute(&mut other, "BEGIN; SELECT 1 FROM mcp_gateway.records FOR UPDATE").await;
    let put =
        tokio::time::timeout(Duration::from_millis(100), store.put(THINGS, &key("a"), record("2"))).await;
    assert!(put.is_err(), "it waits for the lock");
    execute(&mut other, "COMMIT").await;
    assert_eq!(store.get(THINGS, &key("a")).await.unwrap().map(|it| it.record), Some(record("2")));
    assert!(store.remove(THINGS, &key("a")).await.unwrap());
}

/// Work that takes too long ends without effect, and is no sign of a database that is away.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_change_that_waits_too_long_is_not_made() {
    let (url, near) = fresh().await;
    let brief = PostgresSettings { statement_timeout: Duration::from_millis(100), ..settings(&url) };
    let store = PostgresStore::connect(&brief).await.unwrap();
    near.put(THINGS, &key("a"), record("1")).await.unwrap();
    let mut other = direct(&url).await;
    execute(&mut other, "BEGIN; SELECT 1 FROM mcp_gateway.records FOR UPDATE").await;
    let put = store.put(THINGS, &key("a"), record("2")).await;
    assert!(matches!(put, Err(StoreError::Unavailable(_))), "{put:?}");
    execute(&mut other, "COMMIT").await;
    assert_eq!(store.get(THINGS, &key("a")).await.unwrap().map(|it| it.record), Some(record("1")));
}

#[tokio::test]
async fn a_closed_store_refuses() {
    let (url, store) = fresh().await;
    let clone = store.clone();
    store.position().await.unwrap();
    store.close().await;
    for outcome in [clone.get(THINGS, &key("a")).await.map(drop), clone.position().await.map(drop)] {
        assert!(matches!(outcome, Err(StoreError::Unavailable(_))), "{outcome:?}");
    }
    let others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
    let mut other = direct(&url).await;
    for _ in 0..100 {
        if sqlx::query_scalar::<_, i64>(others).fetch_one(&mut other).await.unwrap() == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("connections stay open");
}
