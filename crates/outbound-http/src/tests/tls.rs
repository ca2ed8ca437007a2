use std::{
    io::{Read, Write},
    net::TcpStream,
    sync::{Arc, mpsc},
    time::Duration,
};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};
use rustls::{
    RootCertStore, ServerConfig, SupportedProtocolVersion,
    crypto::aws_lc_rs,
    server::Acceptor,
    version::{TLS12, TLS13},
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use super::{
    server::{Server, ok},
    setup::{AMPLE, STAGE, ScriptedLookup, client, get, outcome, whole_text},
};
use crate::{FetchError, OutboundPolicy, tls::configured_roots};

/// A certificate authority of its own for each test.
pub(super) struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub(super) fn new() -> Self {
        Self::named("our authority")
    }

    fn named(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    pub(super) fn roots(&self) -> RootCertStore {
        configured_roots(vec![self.0.der().clone()]).unwrap()
    }

    pub(super) fn policy(&self) -> OutboundPolicy {
        OutboundPolicy::default().with_ca_pem(self.0.pem().as_bytes()).unwrap()
    }

    /// A server with a good certificate for `names`.
    pub(super) fn server(&self, names: &[&str]) -> ServerConfig {
        self.issue(params(names), BOTH)
    }

    fn issue(
        &self,
        params: CertificateParams,
        versions: &[&'static SupportedProtocolVersion],
    ) -> ServerConfig {
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        server_config(certificate.der().clone(), &key, versions)
    }
}

fn params(names: &[&str]) -> CertificateParams {
    CertificateParams::new(names.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>()).unwrap()
}

fn server_config(
    certificate: CertificateDer<'static>,
    key: &KeyPair,
    versions: &[&'static SupportedProtocolVersion],
) -> ServerConfig {
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_protocol_versions(versions)
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap()
}

const BOTH: &[&SupportedProtocolVersion] = &[&TLS13, &TLS12];

/// Fetches `https://as.example` from `server`; `Ok` or what the operator reads.
async fn fetch(roots: RootCertStore, server: &Server) -> Result<String, String> {
    let client = client(STAGE, &ScriptedLookup::local(), roots);
    match get(&client, &server.url("https", "as.example"), AMPLE).await {
        Err(error @ FetchError::Connection(_)) => Err(whole_text(&error)),
        other => Ok(outcome(other)),
    }
}

async fn check(roots: RootCertStore, config: ServerConfig, expected: Result<(), &str>) {
    let server = Server::tls(config, &ok("hello"));
    let result = fetch(roots, &server).await;
    match expected {
        Ok(()) => assert_eq!(result.as_deref(), Ok("200 hello")),
        Err(reason) => assert!(result.as_ref().is_err_and(|it| it.contains(reason)), "{reason}: {result:?}"),
    }
    // Nothing is tried again with less.
    assert_eq!(server.connections(), 1);
    assert_eq!(server.heads().len(), usize::from(expected.is_ok()));
}

#[tokio::test]
async fn c13_certificates_are_checked() {
    let ours = Authority::new();
    let good = || params(&["as.example"]);
    check(ours.roots(), ours.issue(good(), BOTH), Ok(())).await;
    check(Authority::named("another").roots(), ours.issue(good(), BOTH), Err("UnknownIssuer")).await;
    check(Authority::new().roots(), ours.issue(good(), BOTH), Err("BadSignature")).await;
    check(ours.roots(), ours.issue(params(&["other.example"]), BOTH), Err("NotValidForName")).await;
    check(ours.roots(), ours.issue(params(&["127.0.0.1"]), BOTH), Err("NotValidForName")).await;
    let mut expired = good();
    expired.not_after = date_time_ymd(2020, 1, 1);
    check(ours.roots(), ours.issue(expired, BOTH), Err("Expired")).await;
    let mut early = good();
    early.not_before = date_time_ymd(4000, 1, 1);
    check(ours.roots(), ours.issue(early, BOTH), Err("NotValidYet")).await;
}

#[tokio::test]
async fn c13_a_self_signed_certificate_needs_to_be_configured() {
    let key = KeyPair::generate().unwrap();
    let certificate = params(&["as.example"]).self_signed(&key).unwrap();
    let config = || server_config(certificate.der().clone(), &key, BOTH);
    check(Authority::new().roots(), config(), Err("UnknownIssuer")).await;
    let policy = OutboundPolicy::default().with_ca_pem(certificate.pem().as_bytes()).unwrap();
    check(configured_roots(policy.extra_roots).unwrap(), config(), Ok(())).await;
}

#[tokio::test]
async fn c13_without_any_root_the_log_says_so() {
    let authority = Authority::new();
    let server = Server::tls(authority.server(&["as.example"]), &ok("hello"));
    let error = fetch(RootCertStore::empty(), &server).await.unwrap_err();
    assert!(error.contains("no CA certificate is installed on this machine or configured"), "{error}");
    assert_eq!(server.connections(), 0);
    assert_eq!(fetch(authority.roots(), &server).await.as_deref(), Ok("200 hello"));
}

#[tokio::test]
async fn c13_only_tls_1_2_and_1_3_are_spoken() {
    let authority = Authority::new();
    for versions in [&[&TLS12][..], &[&TLS13]] {
        check(authority.roots(), authority.issue(params(&["as.example"]), versions), Ok(())).await;
    }
    let old = Server::raw(|socket| {
        read_hello(socket)?;
        socket.write_all(&tls_1_1_server_hello())?;
        socket.read(&mut [0; 64]).map(drop)
    });
    let error = fetch(authority.roots(), &old).await.unwrap_err();
    assert!(error.contains("PeerIncompatible"), "{error}");
    assert_eq!(old.connections(), 1);
}

#[tokio::test]
async fn c13_tls_1_1_is_not_offered() {
    let (sender, receiver) = mpsc::channel();
    let server = Server::raw(move |socket| {
        sender.send(read_hello(socket)?).unwrap();
        Ok(())
    });
    fetch(Authority::new().roots(), &server).await.unwrap_err();
    let hello = receiver.recv().unwrap();
    // supported_versions (RFC 8446 section 4.2.1): type 43, 5 bytes, a list of 4 bytes: TLS 1.3 and 1.2.
    let only_1_3_and_1_2 = [0, 43, 0, 5, 4, 3, 4, 3, 3];
    assert!(hello.windows(only_1_3_and_1_2.len()).any(|it| it == only_1_3_and_1_2));
    let mut acceptor = Acceptor::default();
    acceptor.read_tls(&mut hello.as_slice()).unwrap();
    let accepted = acceptor.accept().ok().flatten().unwrap();
    let hello = accepted.client_hello();
    assert_eq!(hello.server_name(), Some("as.example"));
    assert_eq!(hello.alpn().unwrap().collect::<Vec<_>>(), [&b"h2"[..], b"http/1.1"]);
}

/// The whole record, header included.
fn read_hello(socket: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    socket.set_read_timeout(Some(Duration::from_secs(60)))?;
    let mut hello = vec![0; 5];
    socket.read_exact(&mut hello)?;
    let mut rest = vec![0; usize::from(u16::from_be_bytes([hello[3], hello[4]]))];
    socket.read_exact(&mut rest)?;
    hello.append(&mut rest);
    Ok(hello)
}

/// A server that insists on TLS 1.1 (RFC 4346 section 7.4.1.3) with `TLS_RSA_WITH_AES_128_CBC_SHA`.
fn tls_1_1_server_hello() -> Vec<u8> {
    let mut body = vec![3, 2];
    body.extend([7; 32]);
    body.extend([0, 0, 0x2f, 0]);
    let length = u8::try_from(body.len()).unwrap();
    let mut record = vec![22, 3, 2, 0, length + 4, 2, 0, 0, length];
    record.append(&mut body);
    record
}
