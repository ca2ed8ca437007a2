//! Rows that no program of ours has written, and settings of the server that it must not depend on.

use super::*;

#[tokio::test]
async fn l20_hostile_rows_are_errors() {
    let (url, store) = fresh().await;
    let mut other = direct(&url).await;
    execute(
        &mut other,
        "ALTER TABLE mcp_gateway.records ALTER body DROP NOT NULL, ALTER revision DROP NOT NULL",
    )
    .await;
    for (damage, expected) in [
        ("body = body", false),
        ("format = -1", true),
        ("format = 65536", true),
        ("revision = -1", true),
        ("revision = NULL", true),
        ("body = NULL", true),
        ("owner = ''", true),
        ("owner = decode(repeat('00', 129), 'hex')", true),
        ("expires_at = -9223372036854775808", false),
        ("expires_at = 9223372036854775807", false),
    ] {
        store.remove(THINGS, &key("a")).await.unwrap();
        store.put(THINGS, &key("a"), record("it").owned_by(key("b"))).await.unwrap();
        let sql = format!("UPDATE mcp_gateway.records SET {damage}");
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut other).await.unwrap();
        let position = Position(0);
        let answers = [
            store.get(THINGS, &key("a")).await.map(drop),
            store.scan(THINGS, None, 10).await.map(drop),
            store.changes(THINGS, position).await.map(drop),
        ];
        for answer in answers {
            assert_eq!(matches!(answer, Err(StoreError::Corrupt(_))), expected, "{damage}: {answer:?}");
        }
        assert_eq!(store.check(), Ok(()), "{damage}: the database answers");
    }
}

#[tokio::test]
async fn l20_hostile_keys_and_columns_are_errors() {
    let (url, store) = fresh().await;
    let mut other = direct(&url).await;
    execute(&mut other, "INSERT INTO mcp_gateway.records VALUES ('things', '', 0, NULL, 1, 1, 1, '')").await;
    let scan = store.scan(THINGS, None, 10).await;
    assert!(matches!(scan, Err(StoreError::Corrupt(_))), "{scan:?}");
    execute(&mut other, "DELETE FROM mcp_gateway.records").await;
    assert_eq!(store.scan(THINGS, None, 10).await, Ok(Vec::new()));
    store.put(THINGS, &key("a"), record("")).await.unwrap();
    execute(&mut other, "ALTER TABLE mcp_gateway.records ALTER body TYPE text USING 'x'").await;
    let get = store.get(THINGS, &key("a")).await;
    assert!(matches!(get, Err(StoreError::Corrupt(_) | StoreError::Unavailable(_))), "{get:?}");
    execute(&mut other, "DROP TABLE mcp_gateway.records").await;
    let error = store.get(THINGS, &key("a")).await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
    assert!(!error.to_string().contains("SELECT") && error.to_string().contains("42P01"), "{error}");
}

#[tokio::test]
async fn expiry_comes_back_as_it_was_and_sorts_so() {
    let (_, store) = fresh().await;
    let times = [0, 1, i64::MAX as u64 - 1, i64::MAX as u64, 1 << 63, u64::MAX - 1, u64::MAX];
    for (index, seconds) in (0_u8..).zip(times) {
        let record = Record { expires_at: UnixTime::from_seconds(seconds), ..record("") };
        store.put(THINGS, &Key::of([9 - index]), record.clone()).await.unwrap();
        let found = store.get(THINGS, &Key::of([9 - index])).await.unwrap();
        assert_eq!(found.map(|it| it.record), Some(record));
    }
    let swept = store.sweep(UnixTime::from_seconds(u64::MAX), usize::MAX).await.unwrap();
    let order: Vec<_> = swept.iter().map(|it| 9 - it.key.as_bytes()[0]).collect();
    assert_eq!(order, [0, 1, 2, 3, 4, 5, 6]);
}

#[tokio::test]
async fn a_revision_beyond_all_fits_nothing() {
    let (_, store) = fresh().await;
    store.put(THINGS, &key("a"), record("")).await.unwrap();
    for expected in [u64::MAX, 1 << 63, i64::MAX as u64] {
        assert_eq!(store.compare_and_swap(THINGS, &key("a"), expected, record("")).await, Ok(false));
    }
}

/// What the server does by default is not what a durable change needs.
#[tokio::test]
async fn durability_does_not_depend_on_the_servers_defaults() {
    let (url, _) = fresh().await;
    let mut other = direct(&url).await;
    let name = url.rsplit('/').next().unwrap();
    for setting in ["synchronous_commit = off", "default_transaction_isolation = 'serializable'"] {
        let sql = format!("ALTER DATABASE {name} SET {setting}");
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut other).await.unwrap();
    }
    let store = connect(&format!("{url}?options=-c%20synchronous_commit%3Doff")).await;
    store.put(THINGS, &key("a"), record("")).await.unwrap();
    let mut loan = store.shared.pool.acquire().await.unwrap();
    for (setting, expected) in [
        ("synchronous_commit", "on"),
        ("transaction_isolation", "read committed"),
        ("statement_timeout", "5s"),
    ] {
        let sql = sqlx::query_scalar("SELECT current_setting($1)").bind(setting);
        let found: String = sql.fetch_one(&mut loan.connection).await.unwrap();
        assert_eq!(found, expected, "{setting}");
    }
}

#[tokio::test]
async fn a_scan_uses_the_primary_key() {
    let (url, _) = fresh().await;
    let mut other = direct(&url).await;
    execute(
        &mut other,
        "INSERT INTO mcp_gateway.records SELECT 'things', decode(md5(it::text), 'hex'), 0, NULL, 1, it, it, ''
            FROM generate_series(1, 5000) AS it; ANALYZE mcp_gateway.records",
    )
    .await;
    for (sql, expected) in [(DURABLE.scan, "records_pkey"), (DURABLE.changes, "records_by_xid")] {
        let explained = sqlx::AssertSqlSafe(format!("EXPLAIN EXECUTE it{expected}"));
        let types = if expected == "records_pkey" { "text, bytea, bytea, bigint" } else { "text, text" };
        let values =
            if expected == "records_pkey" { "'things', 'a', 'b', 10" } else { "'things', '4990:4990:'" };
        let prepare = sqlx::AssertSqlSafe(format!("PREPARE it{expected} ({types}) AS {sql}"));
        sqlx::raw_sql(prepare).execute(&mut other).await.unwrap();
        let explain = sqlx::AssertSqlSafe(format!("{}({values})", explained.0));
        let plan: Vec<String> =
            sqlx::query_scalar(explain).persistent(false).fetch_all(&mut other).await.unwrap();
        assert!(plan.join("\n").contains(expected), "{plan:?}");
    }
}
