//! HTTPS, its certificate, and both versions of HTTP.

use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore, pki_types::ServerName};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::support::{Gateway, Issuer, Setup};

struct Certificate {
    pem: String,
    key: String,
    roots: RootCertStore,
}

fn certificate() -> Certificate {
    let signed = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(signed.cert.der().clone()).unwrap();
    Certificate { pem: signed.cert.pem(), key: signed.signing_key.serialize_pem(), roots }
}

fn start(certificate: &Certificate) -> Gateway {
    Setup::new()
        .https()
        .keys("keys", &Issuer::new("https://as.example"))
        .file("cert.pem", &certificate.pem)
        .file("key.pem", &certificate.key)
        .start(|listen| {
            let port = listen.rsplit(':').next().unwrap();
            format!(
                r#"public_url = "https://localhost:{port}"
[listen]
address = "{listen}"
tls = {{ certificate = "cert.pem", key = "key.pem" }}
[[authorization_server]]
issuer = "https://as.example"
keys = {{ file = "keys.json" }}
[[server]]
path = "/mcp"
upstream = {{ http = "http://127.0.0.1:1/" }}
"#
            )
        })
}

async fn connect(
    gateway: &Gateway,
    roots: &RootCertStore,
    alpn: &[&str],
) -> std::io::Result<TlsStream<tokio::net::TcpStream>> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots.clone())
        .with_no_client_auth();
    config.alpn_protocols = alpn.iter().map(|it| it.as_bytes().to_vec()).collect();
    let socket = tokio::net::TcpStream::connect(gateway.address()).await?;
    TlsConnector::from(Arc::new(config)).connect(ServerName::try_from("localhost").unwrap(), socket).await
}

#[tokio::test]
async fn http_1_and_http_2_are_served_by_alpn_and_hsts_is_said() {
    let certificate = certificate();
    let gateway = start(&certificate);
    let chosen = async |alpn: &[&str]| {
        let stream = connect(&gateway, &certificate.roots, alpn).await.unwrap();
        stream.get_ref().1.alpn_protocol().map(|it| String::from_utf8(it.to_vec()).unwrap())
    };
    assert_eq!(chosen(&["h2", "http/1.1"]).await.as_deref(), Some("h2"));
    assert_eq!(chosen(&["http/1.1"]).await.as_deref(), Some("http/1.1"));

    let mut stream = connect(&gateway, &certificate.roots, &["http/1.1"]).await.unwrap();
    let host = gateway.origin().strip_prefix("https://").unwrap();
    let request =
        format!("POST /mcp HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
    assert!(answer.contains("strict-transport-security: max-age=31536000\r\n"), "{answer}");
    assert!(answer.contains(&format!("resource_metadata=\"{}", gateway.url("/.well-known/"))), "{answer}");

    let stream = connect(&gateway, &certificate.roots, &["h2"]).await.unwrap();
    let (mut sender, connection) = hyper::client::conn::http2::handshake(
        hyper_util::rt::TokioExecutor::new(),
        hyper_util::rt::TokioIo::new(stream),
    )
    .await
    .unwrap();
    tokio::spawn(connection);
    let request = http::Request::post(gateway.url("/mcp")).body(String::new()).unwrap();
    assert_eq!(sender.send_request(request).await.unwrap().status(), 401);
}

#[tokio::test]
async fn a_new_certificate_is_used_without_a_restart() {
    let (first, second) = (certificate(), certificate());
    let gateway = start(&first);
    assert!(connect(&gateway, &first.roots, &[]).await.is_ok());
    assert!(connect(&gateway, &second.roots, &[]).await.is_err());
    gateway.rewrite("cert.pem", &second.pem);
    gateway.rewrite("key.pem", &second.key);
    gateway.wait_for("the configuration was reloaded");
    // The look at the files may have fallen between the two renames; the next one sees both.
    while connect(&gateway, &second.roots, &[]).await.is_err() {
        tokio::task::yield_now().await;
    }
    assert!(connect(&gateway, &first.roots, &[]).await.is_err());
}
