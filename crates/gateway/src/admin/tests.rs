use axum::routing::get;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use std::os::unix::fs::MetadataExt;

use super::*;

fn router() -> Router {
    Router::new().route("/", get(|| async { "here" }))
}

async fn ask(path: &Path) -> io::Result<String> {
    let mut stream = UnixStream::connect(path).await?;
    stream.write_all(b"GET / HTTP/1.1\r\nhost: admin\r\nconnection: close\r\n\r\n").await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}

#[tokio::test]
async fn n05_the_socket_is_for_its_owner_and_goes_with_the_gateway() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("admin.sock");
    let listener = AdminListener::open(&path, router()).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
    assert!(ask(&path).await.unwrap().ends_with("here"));
    let second = AdminListener::open(&path, router()).unwrap_err();
    assert!(matches!(second, AdminSocketError::InUse(_)), "{second}");
    assert!(ask(&path).await.unwrap().ends_with("here"), "the first one was left alone");
    listener.close().await;
    assert!(!path.exists());
}

#[tokio::test]
async fn what_a_crash_left_is_replaced_and_another_file_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("admin.sock");
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    assert!(path.exists(), "a socket that nobody answers");
    let listener = AdminListener::open(&path, router()).unwrap();
    assert!(ask(&path).await.unwrap().ends_with("here"));
    listener.close().await;

    fs::write(&path, "notes").unwrap();
    let refused = AdminListener::open(&path, router()).unwrap_err();
    assert!(matches!(refused, AdminSocketError::NotASocket(_)), "{refused}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "notes");
}

#[tokio::test]
async fn figures_are_served_at_an_address_until_it_is_closed() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let listener = MetricsListener::open(free, router()).unwrap();
    let refused = MetricsListener::open(free, router()).unwrap_err();
    assert!(matches!(refused, AdminSocketError::Metrics { .. }), "{refused}");
    let mut stream = tokio::net::TcpStream::connect(free).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nhost: figures\r\nconnection: close\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.ends_with("here"), "{answer}");
    listener.close().await;
    assert!(tokio::net::TcpStream::connect(free).await.is_err());
}

#[test]
fn n05_another_user_is_turned_away() {
    assert!(is_admitted(1000, 1000) && is_admitted(ROOT, 1000));
    assert!(!is_admitted(1001, 1000) && !is_admitted(1000, ROOT));
}
