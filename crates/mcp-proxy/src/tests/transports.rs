use std::net::TcpListener;
use std::sync::Arc;

use axum_server::tls_rustls::RustlsConfig;
use http::Version;
use rustls::ServerConfig;
use rustls_pki_types::{CertificateDer, PrivatePkcs8KeyDer};

use super::*;

/// Serves `upstream` over TLS as `localhost`; returns the certificate and the endpoint.
fn serve_tls(upstream: &RecordingUpstream, alpn: &[&str]) -> (CertificateDer<'static>, UpstreamTarget) {
    let pair = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let certificate = pair.cert.der().clone();
    let key = PrivatePkcs8KeyDer::from(pair.signing_key.serialize_der());
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key.into())
        .unwrap();
    config.alpn_protocols = alpn.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let target = format!("https://localhost:{}/mcp", listener.local_addr().unwrap().port());
    let server = axum_server::from_tcp_rustls(listener, RustlsConfig::from_config(Arc::new(config))).unwrap();
    tokio::spawn(server.serve(upstream.router().into_make_service()));
    (certificate, UpstreamTarget::Http(target.parse().unwrap()))
}

#[tokio::test]
async fn https_upstreams_speak_http_2_where_they_can() {
    for (alpn, version) in [
        (&["h2", "http/1.1"][..], Version::HTTP_2),
        (&["http/1.1"], Version::HTTP_11),
        (&[], Version::HTTP_11),
    ] {
        let upstream = RecordingUpstream::unserved(|_| Answer::json("{}").header("mcp-session-id", "s"));
        let (certificate, target) = serve_tls(&upstream, alpn);
        let settings =
            UpstreamSettings { extra_roots: vec![certificate], ..UpstreamSettings::new("/mcp", target) };
        let answer =
            proxy(settings).forward(post(&[MODERN, ("connection", "close")]), alice()).await.unwrap();
        assert_eq!(text(answer).await, "{}");
        let recorded = upstream.request();
        assert_eq!((recorded.version, recorded.body), (version, Bytes::from(CALL)));
    }
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_is_refused() {
    let upstream = RecordingUpstream::unserved(|_| Answer::json("{}"));
    let (_, target) = serve_tls(&upstream, &[]);
    let stranger = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap().cert.der().clone();
    let settings = UpstreamSettings { extra_roots: vec![stranger], ..UpstreamSettings::new("/mcp", target) };
    let error = proxy(settings).forward(post(&[]), alice()).await.unwrap_err();
    assert_eq!(error.code(), "upstream_unreachable");
    assert_eq!(upstream.requests().len(), 0);
}

#[tokio::test]
async fn a_unix_socket_is_an_upstream() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("mcp.sock");
    let mut answers = vec![Answer::json("{}"), Answer::redirect(307, "/mcp/")];
    let upstream = RecordingUpstream::start_unix(&socket, move |_| answers.pop().unwrap());
    let target = UpstreamTarget::Unix { socket, path: "/mcp".to_owned() };
    let answer = proxy(UpstreamSettings::new("/mcp", target)).forward(post(&[]), alice()).await.unwrap();
    assert_eq!(text(answer).await, "{}");
    let [first, second] = upstream.requests().try_into().unwrap();
    assert_eq!((first.uri.path(), second.uri.path()), ("/mcp", "/mcp/"));
    assert_eq!((second.header("host"), &second.body[..]), (Some("localhost"), CALL.as_bytes()));
}

#[tokio::test]
async fn a_socket_that_is_not_there_is_502() {
    let folder = tempfile::tempdir().unwrap();
    let target = UpstreamTarget::Unix { socket: folder.path().join("none.sock"), path: "/".to_owned() };
    let error = proxy(UpstreamSettings::new("/mcp", target)).forward(post(&[]), alice()).await.unwrap_err();
    assert_eq!((error.code(), error.status().as_u16()), ("upstream_unreachable", 502));
}
