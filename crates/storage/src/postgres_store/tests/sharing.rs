//! Several stores on one database, as several processes have them.

use std::collections::BTreeSet;

use oauth_types::{Clock, SystemClock};
use tokio::task::JoinSet;

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn eight_migrate_at_once() {
    let url = PostgresServer::shared().database();
    let mut starting = JoinSet::new();
    for it in 0..8_u8 {
        let settings = settings(&url);
        starting.spawn(async move {
            let store = PostgresStore::connect(&settings).await.unwrap();
            assert!(store.insert_new(THINGS, &Key::of([it]), record("")).await.unwrap());
            store.close().await;
        });
    }
    starting.join_all().await;
    let found = connect(&url).await.scan(THINGS, None, 100).await.unwrap();
    assert_eq!(found.len(), 8);
    let revisions: BTreeSet<_> = found.iter().map(|(_, it)| it.revision).collect();
    assert_eq!(revisions.len(), 8, "one sequence for all");
}

/// FI-03, the store's part: whoever redeems, and through whichever process, one of them does.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fi03_one_of_three_processes_takes_each_record() {
    let (url, first) = fresh().await;
    let stores = [first, connect(&url).await, connect(&url).await];
    for round in 0..20_u8 {
        let key = Key::of([round]);
        assert!(stores[0].insert_new(THINGS, &key, record("code")).await.unwrap());
        let mut takers = JoinSet::new();
        for it in 0..30 {
            let (store, key) = (stores[it % 3].clone(), key.clone());
            takers.spawn(async move { store.take(THINGS, &key).await.unwrap().is_some() });
        }
        let winners = takers.join_all().await.into_iter().filter(|it| *it).count();
        assert_eq!(winners, 1, "round {round}");
    }
}

/// Everything that can lock several records, over the same records.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn l18_conflicts_do_not_surface_and_nothing_is_swept_twice() {
    let (url, first) = fresh().await;
    let second = connect(&url).await;
    let mut working = JoinSet::new();
    for worker in 0..8_u8 {
        let store = if worker.is_multiple_of(2) { first.clone() } else { second.clone() };
        working.spawn(async move { hammer(&store, worker).await });
    }
    let mut gone = BTreeSet::new();
    let mut swept = 0;
    for (made, theirs) in working.join_all().await {
        swept += theirs.len();
        gone.extend(theirs);
        assert!(made > 0);
    }
    assert_eq!(gone.len(), swept, "each once");
    assert!(first.scan(THINGS, None, 1000).await.unwrap().len() <= 40);
}

/// Answers how many records it wrote, and which it swept; each of those had a name that was used once.
async fn hammer(store: &PostgresStore, worker: u8) -> (usize, Vec<Vec<u8>>) {
    let (mut made, mut swept) = (0, Vec::new());
    for round in 0..40_u8 {
        let owner = Key::of([round % 3]);
        for shared in 0..8_u8 {
            // In another order each time, so that two who lock as they come block each other.
            let shared = if worker.is_multiple_of(2) { shared } else { 7 - shared };
            store.put(THINGS, &Key::of([0, shared]), record("").owned_by(owner.clone())).await.unwrap();
            made += 1;
        }
        let brief = Record { expires_at: UnixTime::from_seconds(u64::from(round)), ..record("") };
        store.put(THINGS, &Key::of([1, worker, round]), brief).await.unwrap();
        store.delete_by_owner(&Key::of([(round + worker) % 3])).await.unwrap();
        let found = store.sweep(UnixTime::from_seconds(40), 5).await.unwrap();
        swept.extend(found.into_iter().map(|it| it.key.as_bytes().to_vec()));
    }
    (made, swept)
}

/// A deadlock that is certain: the test holds one of two records of an owner and asks for the other.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn l18_a_deadlock_is_repeated() {
    let url = PostgresServer::shared().database();
    let name = url.rsplit('/').next().unwrap();
    let sql = format!("ALTER DATABASE {name} SET deadlock_timeout = '2s'");
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut direct(&url).await).await.unwrap();
    let store = connect(&url).await;
    for text in ["a", "b"] {
        store.put(THINGS, &key(text), record("").owned_by(key("owner"))).await.unwrap();
    }
    let mut other = direct(&url).await;
    // It waits longer than the store's connection until it looks for a deadlock, so that the store is the one to give way.
    execute(&mut other, "SET deadlock_timeout = '30s'; BEGIN").await;
    execute(&mut other, "SELECT 1 FROM mcp_gateway.records WHERE key = 'b' FOR UPDATE").await;
    let deletion = tokio::spawn({
        let store = store.clone();
        async move { store.delete_by_owner(&key("owner")).await }
    });
    wait_for_a_lock(&url).await;
    execute(&mut other, "UPDATE mcp_gateway.records SET xid = 1 WHERE key = 'a'").await;
    execute(&mut other, "COMMIT").await;
    assert_eq!(deletion.await.unwrap(), Ok(2));
    let log = PostgresServer::shared().log();
    assert!(log.contains("deadlock detected"), "there was one");
}

/// The number of a transaction says when it began, not when it ended.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_transaction_that_ends_late_is_told() {
    let (url, store) = fresh().await;
    let start = store.position().await.unwrap();
    let mut late = direct(&url).await;
    execute(&mut late, "BEGIN").await;
    execute(
        &mut late,
        "INSERT INTO mcp_gateway.records VALUES ('things', 'late', 0, NULL, 1,
            nextval('mcp_gateway.revisions'), pg_current_xact_id()::text::bigint, '')",
    )
    .await;
    assert!(store.insert_new(THINGS, &key("early"), record("")).await.unwrap());
    let first = store.changes(THINGS, start).await.unwrap();
    assert_eq!(names(&first), [key("early")], "what has ended");
    let between = store.changes(THINGS, first.position).await.unwrap();
    assert!(!names(&between).contains(&key("late")), "not yet");
    execute(&mut late, "COMMIT").await;
    let second = store.changes(THINGS, between.position).await.unwrap();
    assert!(names(&second).contains(&key("late")), "told, although others were told before");
    quiet(&store, second.position).await;
}

/// A transaction that somebody forgot to end, in whatever database, lets nothing be told twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_transaction_that_never_ends_holds_nothing_back() {
    let (_, store) = fresh().await;
    let mut forgotten = direct(&PostgresServer::shared().database()).await;
    execute(&mut forgotten, "BEGIN").await;
    execute(&mut forgotten, "SELECT pg_current_xact_id()").await;
    let mut position = store.position().await.unwrap();
    for text in ["a", "b", "c"] {
        assert!(store.insert_new(THINGS, &key(text), record("")).await.unwrap());
        let changes = store.changes(THINGS, position).await.unwrap();
        assert_eq!(names(&changes), [key(text)], "once, and nothing else");
        position = changes.position;
    }
    assert!(store.changes(THINGS, position).await.unwrap().records.is_empty());
}

/// Whoever asked and did not wait asks again from where they were.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_position_is_good_although_another_was_given_since() {
    let (_, store) = fresh().await;
    assert!(store.insert_new(THINGS, &key("before"), record("")).await.unwrap());
    let position = store.position().await.unwrap();
    assert!(store.insert_new(THINGS, &key("a"), record("")).await.unwrap());
    for _ in 0..3 {
        assert_eq!(names(&store.changes(THINGS, position).await.unwrap()), [key("a")]);
    }
    for _ in 0..20 {
        store.position().await.unwrap();
    }
    assert_eq!(store.changes(THINGS, position).await.unwrap().records.len(), 2, "too old to be known");
}

/// Numbers that nobody has heard of may come again after a crash.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_position_ends_with_its_connection() {
    let (url, store) = fresh().await;
    assert!(store.insert_new(THINGS, &key("a"), record("")).await.unwrap());
    let position = quiet(&store, store.position().await.unwrap()).await;
    let others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()";
    execute(&mut direct(&url).await, others).await;
    let changes = store.changes(THINGS, position).await.unwrap();
    assert_eq!(names(&changes), [key("a")], "everything");
    assert!(changes.position > position);
    let Position(number) = changes.position;
    let never = store.changes(THINGS, Position(number + 1_000_000)).await.unwrap();
    assert_eq!(names(&never), [key("a")], "everything since a transaction that has not been");
    assert_eq!(connect(&url).await.changes(THINGS, changes.position).await.unwrap().records.len(), 1);
}

/// Waits until somebody in the database waits for a lock.
async fn wait_for_a_lock(url: &str) {
    let mut connection = direct(url).await;
    let waiting = "SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while sqlx::query_scalar::<_, i64>(waiting).fetch_one(&mut connection).await.unwrap() == 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// After a failover every process reads everything anew, however long that takes.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fi15_everything_is_told_although_it_takes_longer_than_an_answer_may() {
    let (url, first) = fresh().await;
    first.close().await;
    let many = "INSERT INTO mcp_gateway.records SELECT 'things', int8send(it), 0, NULL, 1, it, 3,
        convert_to(repeat('x', 500), 'UTF8') FROM generate_series(1, 200000) AS it; ANALYZE mcp_gateway.records";
    execute(&mut direct(&url).await, many).await;
    let brief = PostgresSettings { statement_timeout: Duration::from_millis(250), ..settings(&url) };
    let store = PostgresStore::connect(&brief).await.unwrap();
    let told = store.changes(THINGS, Position(0)).await.unwrap();
    let keys: BTreeSet<_> = told.records.iter().map(|(key, _)| key.clone()).collect();
    assert_eq!((told.records.len(), keys.len()), (200_000, 200_000));
    quiet(&store, told.position).await;
}

/// Where there is nothing to tell any more. Transactions in other databases of the server hold positions back, too.
async fn quiet(store: &PostgresStore, mut position: Position) -> Position {
    for _ in 0..500 {
        let changes = store.changes(THINGS, position).await.unwrap();
        position = changes.position;
        if changes.records.is_empty() {
            return position;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("it is told again and again");
}

fn names(changes: &Changes) -> Vec<Key> {
    changes.records.iter().map(|(key, _)| key.clone()).collect()
}

#[tokio::test]
async fn k16_a_look_brings_the_clock_of_the_database() {
    let (_, store) = fresh().await;
    let clock = SystemClock::new();
    for it in 0..3 {
        let asked_at = clock.now();
        let changes = store.changes(THINGS, Position(0)).await.unwrap();
        let answered_at = clock.now();
        assert_eq!(changes.records.len(), it, "with changes and without");
        let found = changes.clock.unwrap();
        assert!(asked_at <= found && found <= answered_at, "{asked_at:?} {found:?} {answered_at:?}");
        store.put(THINGS, &Key::of([it.try_into().unwrap()]), record("")).await.unwrap();
    }
}
