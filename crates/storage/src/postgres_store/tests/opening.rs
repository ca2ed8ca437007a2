//! URLs, and what is refused when a store is opened.

use super::*;

#[track_caller]
fn check(url: &str, expected: Result<(), InvalidPostgresUrl>) {
    assert_eq!(PostgresSettings::new(url).map(drop), expected, "{url}");
}

#[test]
fn l20_only_a_verified_server_may_be_elsewhere() {
    let unverified = || Err(InvalidPostgresUrl::Unverified("db.example".to_owned()));
    check("postgres://u:p@db.example/d?sslmode=verify-full", Ok(()));
    for mode in ["disable", "allow", "prefer", "require", "verify-ca"] {
        check(&format!("postgres://u:p@db.example/d?sslmode={mode}"), unverified());
        check(&format!("postgres://u:p@127.0.0.1/d?sslmode={mode}"), Ok(()));
    }
    check("postgres://u:p@db.example/d", unverified());
    check("postgres://u:p@localhost/d?host=db.example", unverified());
    check("postgres://u:p@127.0.0.1,db.example/d", unverified());
    check("postgres://u:p@localhost.db.example/d?sslmode=verify-full&sslmode=require", {
        Err(InvalidPostgresUrl::Unverified("localhost.db.example".to_owned()))
    });
    for local in ["localhost", "127.0.0.1", "127.8.8.8:1", "[::1]", "[::1]:5433"] {
        check(&format!("postgres://u:p@{local}/d"), Ok(()));
    }
    check("postgres:///d?host=/var/run/postgresql", Ok(()));
    check("postgresql://u@/d?host=%2Fvar%2Frun", Ok(()));
    check("postgres://u:p@%2Fvar%2Frun/d", Ok(()));
}

#[test]
fn refuses_urls_that_say_nothing() {
    check("postgres://u:p@localhost/d?target_session_attrs=read-write", Ok(()));
    check("postgres://u:p@localhost/d?target_session_attrs=standby", Err(InvalidPostgresUrl::Target));
    check("mysql://u:p@localhost/d", Err(InvalidPostgresUrl::Scheme));
    check("postgres://u:p@/d", Err(InvalidPostgresUrl::NoHost));
    check("postgres:///d", Err(InvalidPostgresUrl::NoHost));
    check("postgres://u:p@localhost,/d", Err(InvalidPostgresUrl::NoHost));
    check("postgres://localhost/d?sslmode=verify", Err(InvalidPostgresUrl::SslMode));
    check("postgres://localhost/d?sslcrl=x", Err(InvalidPostgresUrl::Parameter("sslcrl".to_owned())));
    check("postgres://localhost:x/d", Err(InvalidPostgresUrl::Syntax));
    check("postgres://localhost/d#f", Err(InvalidPostgresUrl::Syntax));
    check("postgres:///d?host=/a,/b&port=1,2", Ok(()));
    check("postgres:///d?host=/a,/b&port=1", Ok(()));
    check("postgres:///d?host=/a,/b&port=1,2,3", Err(InvalidPostgresUrl::Ports));
}

#[test]
fn settings_show_hosts_only() {
    let settings = settings("postgres://hans:geheim@127.0.0.1:1,[::1]/d?password=geheim&user=hans");
    let shown = format!("{settings:?}");
    assert!(shown.contains("127.0.0.1:1") && shown.contains("::1"), "{shown}");
    assert!(!shown.contains("geheim") && !shown.contains("hans"), "{shown}");
    assert_eq!(settings, settings.clone());
    assert_ne!(settings, PostgresSettings { connections: 1, ..settings.clone() });
}

/// The error of a connection, after a look that it tells nothing.
async fn refusal(url: &str) -> ConnectError {
    let brief = PostgresSettings { acquire_timeout: Duration::from_millis(500), ..settings(url) };
    let error = PostgresStore::connect(&brief).await.unwrap_err();
    let shown = format!("{error:?} {error}");
    assert!(!shown.contains("geheim") && !shown.contains("correct-horse"), "{shown}");
    error
}

#[tokio::test]
async fn errors_do_not_tell_the_password() {
    let url = PostgresServer::shared().database();
    let ConnectError::Refused { code, .. } = refusal(&url.replace("correct-horse", "geheim")).await else {
        panic!("a wrong password");
    };
    assert_eq!(code, "28P01");
    let ConnectError::Refused { code, .. } = refusal(&format!("{url}_of_nobody")).await else {
        panic!("no such database");
    };
    assert_eq!(code, "3D000");
    for nobody in
        ["postgres://u:geheim@127.0.0.1:1/d", "postgres://u:geheim@localhost/d?host=/no/such/folder"]
    {
        let error = refusal(nobody).await;
        assert!(matches!(error, ConnectError::Unreachable { .. }), "{error:?}");
    }
    let without_tls = format!("{url}?sslmode=verify-full");
    assert!(matches!(refusal(&without_tls).await, ConnectError::Unreachable { .. }));
}

#[tokio::test]
async fn connects_by_socket_and_to_the_host_that_answers() {
    let server = PostgresServer::shared();
    let (url, port) = (server.database(), server.address().port());
    let name = url.rsplit('/').next().unwrap();
    let folder = server.folder().display();
    for url in [
        format!("postgres://postgres:correct-horse@/{name}?host={folder}&port={port}"),
        format!(
            "postgres:///{name}?user=postgres&password=correct-horse&host=127.0.0.1,{folder}&port=1,{port}"
        ),
        format!(
            "postgres://postgres:correct-horse@127.0.0.1:1,127.0.0.1:{port}/{name}?target_session_attrs=primary"
        ),
    ] {
        let store = connect(&url).await;
        assert_eq!(store.get(THINGS, &key("a")).await, Ok(None), "{url}");
        assert!(!format!("{store:?}").contains("correct-horse"));
    }
}

#[tokio::test]
async fn a_look_changes_nothing() {
    let url = PostgresServer::shared().database();
    assert_eq!(PostgresStore::look(&settings(&url)).await.unwrap_err(), ConnectError::Empty);
    let schemas = "SELECT count(*) FROM pg_namespace WHERE nspname = 'mcp_gateway'";
    let found: i64 = sqlx::query_scalar(schemas).fetch_one(&mut direct(&url).await).await.unwrap();
    assert_eq!(found, 0, "still");
    let store = connect(&url).await;
    store.put(THINGS, &key("a"), record("1")).await.unwrap();
    let look = PostgresStore::look(&settings(&url)).await.unwrap();
    assert_eq!(look.get(THINGS, &key("a")).await.unwrap().map(|it| it.record), Some(record("1")));
    let put = look.put(THINGS, &key("a"), record("2")).await;
    assert!(matches!(put, Err(StoreError::Unavailable(_))), "{put:?}");
    assert_eq!(store.get(THINGS, &key("a")).await.unwrap().map(|it| it.record), Some(record("1")));
}

#[tokio::test]
async fn l13_a_newer_schema_is_refused_and_unchanged() {
    let (url, store) = fresh().await;
    store.put(THINGS, &key("a"), record("1")).await.unwrap();
    let mut other = direct(&url).await;
    execute(&mut other, "UPDATE mcp_gateway.schema SET version = 2, written_by = '9.9.9'").await;
    let newer = ConnectError::Newer { found: 2, known: 1, written_by: "9.9.9".to_owned() };
    assert_eq!(PostgresStore::connect(&settings(&url)).await.unwrap_err(), newer);
    assert_eq!(PostgresStore::look(&settings(&url)).await.unwrap_err(), newer);
    let found: (i32, String) = sqlx::query_as("SELECT version, written_by FROM mcp_gateway.schema")
        .fetch_one(&mut other)
        .await
        .unwrap();
    assert_eq!(found, (2, "9.9.9".to_owned()));
    execute(&mut other, "UPDATE mcp_gateway.schema SET version = 0").await;
    let older = ConnectError::Older { found: 0, known: 1 };
    assert_eq!(PostgresStore::look(&settings(&url)).await.unwrap_err(), older);
    for damage in ["UPDATE mcp_gateway.schema SET version = -1", "DELETE FROM mcp_gateway.schema"] {
        execute(&mut other, damage).await;
        assert_eq!(PostgresStore::connect(&settings(&url)).await.unwrap_err(), ConnectError::Damaged);
    }
    execute(&mut other, "INSERT INTO mcp_gateway.schema VALUES (1, 'us')").await;
    assert!(connect(&url).await.get(THINGS, &key("a")).await.unwrap().is_some(), "nothing was lost");
}

/// A user who may not make schemas finds the one that an administrator made for it.
#[tokio::test]
async fn a_prepared_schema_needs_no_rights_on_the_database() {
    let url = PostgresServer::shared().database();
    let mut admin = direct(&url).await;
    execute(&mut admin, "CREATE ROLE humble LOGIN PASSWORD 'humble'").await;
    let theirs = url.replace("postgres:correct-horse", "humble:humble");
    let refusal = PostgresStore::connect(&settings(&theirs)).await.unwrap_err();
    assert!(matches!(&refusal, ConnectError::Schema { reason } if reason.contains("42501")), "{refusal:?}");
    execute(&mut admin, "CREATE SCHEMA mcp_gateway AUTHORIZATION humble").await;
    connect(&theirs).await.put(THINGS, &key("a"), record("")).await.unwrap();
}
