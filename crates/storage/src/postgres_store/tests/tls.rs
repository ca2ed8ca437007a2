//! Servers that prove who they are, and servers that do not.

use std::{io, path::PathBuf};

use tempfile::TempDir;
use test_support::postgres::{Authority, PASSWORD, ServerCertificate};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::*;

/// A server with TLS, and files that say whom to trust.
struct Scene {
    server: PostgresServer,
    url: String,
    authority: Authority,
    folder: TempDir,
}

impl Scene {
    fn new() -> Self {
        let authority = Authority::new("the right one");
        let server = PostgresServer::start_with_tls(&authority.certify(&["localhost", "127.0.0.1"]));
        let url = server.database();
        Self { server, url, authority, folder: tempfile::tempdir().unwrap() }
    }

    /// The URL for whoever trusts this authority.
    fn trusting(&self, authority: &Authority) -> String {
        let file: PathBuf = self.folder.path().join("ca.pem");
        std::fs::write(&file, authority.pem()).unwrap();
        format!("{}?sslmode=verify-full&sslrootcert={}", self.url, file.display())
    }

    /// Lets the server show this, and answers why it is refused then.
    async fn refusal_of(&self, shown: &ServerCertificate) -> String {
        self.server.present(shown);
        self.refusal(&self.trusting(&self.authority)).await
    }

    /// Why the server is refused, after a look that it has learned nothing.
    async fn refusal(&self, url: &str) -> String {
        let before = self.server.log().len();
        let reason = unreachable(url).await;
        let log = loop {
            let log = self.server.log().split_off(before);
            // What it says of a handshake that had no end, and so nothing after it.
            if log.contains("could not accept SSL connection") {
                break log;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        };
        for said in ["connection authenticated", "connection authorized", "password"] {
            assert!(!log.contains(said), "{log}");
        }
        reason
    }
}

/// Why there is no connection; nothing of it is secret.
async fn unreachable(url: &str) -> String {
    let brief = PostgresSettings { acquire_timeout: Duration::from_millis(700), ..settings(url) };
    let error = PostgresStore::connect(&brief).await.unwrap_err();
    let shown = format!("{error:?} {error}");
    assert!(!shown.contains(PASSWORD), "{shown}");
    match error {
        ConnectError::Unreachable { reason, .. } => reason,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn l20_a_server_that_proves_its_name_is_used() {
    let scene = Scene::new();
    let by_address = scene.trusting(&scene.authority);
    for url in [by_address.replace("127.0.0.1", "localhost"), by_address] {
        let store = connect(&url).await;
        store.put(THINGS, &key("a"), record("1")).await.unwrap();
        assert_eq!(store.get(THINGS, &key("a")).await.unwrap().map(|it| it.record), Some(record("1")));
        assert_eq!(store.changes(THINGS, store.position().await.unwrap()).await.unwrap().records, []);
        let mut loan = store.shared.pool.acquire().await.unwrap();
        let sql = "SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid() AND ssl";
        let version: String = sqlx::query_scalar(sql).fetch_one(&mut loan.connection).await.unwrap();
        assert_eq!(version, "TLSv1.3");
    }
}

#[tokio::test]
async fn l20_a_server_with_tls_only_refuses_whoever_has_none() {
    let scene = Scene::new();
    let plain = format!("{}?sslmode=disable", scene.url);
    let error = PostgresStore::connect(&settings(&plain)).await.unwrap_err();
    assert!(matches!(&error, ConnectError::Refused { code, .. } if code == "28000"), "{error:?}");
}

#[tokio::test]
async fn l20_a_server_that_does_not_prove_its_name_is_refused() {
    let scene = Scene::new();
    let names = ["localhost", "127.0.0.1"];
    let other = Authority::new("another one");
    for (url, expected) in [
        (scene.trusting(&other), "UnknownIssuer"),
        (format!("{}?sslmode=verify-full", scene.url), "UnknownIssuer"),
    ] {
        let reason = scene.refusal(&url).await;
        assert!(reason.contains(expected), "{reason}");
    }
    for (shown, expected) in [
        (other.certify(&names), "UnknownIssuer"),
        (Authority::new("the right one").certify(&names), "BadSignature"),
        (scene.authority.certify(&["db.example"]), "not valid for name \"127.0.0.1\""),
        (scene.authority.certify(&["localhost"]), "not valid for name \"127.0.0.1\""),
        (scene.authority.certify_expired(&names), "expired"),
    ] {
        let reason = scene.refusal_of(&shown).await;
        assert!(reason.contains(expected), "{reason}");
    }
    scene.server.present(&scene.authority.certify(&names));
    connect(&scene.trusting(&scene.authority)).await;
}

/// Whoever stands in between could say so too.
#[tokio::test]
async fn l20_a_server_that_says_it_has_no_tls_is_told_nothing() {
    for mode in ["require", "verify-ca", "verify-full"] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let heard = tokio::spawn(async move { refuse_tls(&listener).await.unwrap() });
        let url = format!("postgres://postgres:{PASSWORD}@{address}/d?sslmode={mode}");
        assert_eq!(unreachable(&url).await, "TLS: server does not support TLS", "{mode}");
        assert_eq!(
            heard.await.unwrap(),
            [0, 0, 0, 8, 4, 210, 22, 47],
            "the request for TLS, and nothing else"
        );
    }
}

/// Answers that there is no TLS; what one client says in all.
async fn refuse_tls(listener: &TcpListener) -> io::Result<Vec<u8>> {
    let (mut client, _) = listener.accept().await?;
    let mut heard = vec![0; 8];
    client.read_exact(&mut heard).await?;
    client.write_all(b"N").await?;
    client.read_to_end(&mut heard).await?;
    Ok(heard)
}
