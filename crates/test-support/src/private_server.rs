//! An https server on this machine whose certificate nobody trusts who was not told to.

#![expect(clippy::expect_used, reason = "a test whose server cannot be set up must fail")]

use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener},
    sync::Arc,
};

use axum::Router;
use axum_server::tls_rustls::RustlsConfig;
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivatePkcs8KeyDer},
};
use tokio::task::AbortHandle;

/// A server as it stands in a private network: its certificate is its own authority. Stops when dropped.
#[derive(Debug)]
pub struct PrivateServer {
    address: SocketAddr,
    certificate: CertificateDer<'static>,
    pem: String,
    server: AbortHandle,
}

impl PrivateServer {
    /// Serves on a free port of 127.0.0.1 what `router` makes of the server's origin.
    /// Must be called within a Tokio runtime.
    ///
    /// # Panics
    /// If no port can be opened.
    pub fn start(router: impl FnOnce(&str) -> Router) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        listener.set_nonblocking(true).expect("a socket for the runtime");
        let address = listener.local_addr().expect("an address");
        let pair =
            rcgen::generate_simple_self_signed([Ipv4Addr::LOCALHOST.to_string()]).expect("a certificate");
        let certificate = pair.cert.der().clone();
        let key = PrivatePkcs8KeyDer::from(pair.signing_key.serialize_der());
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions of TLS")
            .with_no_client_auth()
            .with_single_cert(vec![certificate.clone()], key.into())
            .expect("a certificate that fits its key");
        let tls = RustlsConfig::from_config(Arc::new(config));
        let service = router(&origin(address)).into_make_service();
        let server = axum_server::from_tcp_rustls(listener, tls).expect("a server").serve(service);
        let server = tokio::spawn(server).abort_handle();
        Self { address, certificate, pem: pair.cert.pem(), server }
    }

    /// `https://127.0.0.1:PORT`.
    #[must_use]
    pub fn origin(&self) -> String {
        origin(self.address)
    }

    /// What to trust.
    #[must_use]
    pub fn certificate(&self) -> CertificateDer<'static> {
        self.certificate.clone()
    }

    /// The same as the text of a PEM file.
    #[must_use]
    pub fn certificate_pem(&self) -> &str {
        &self.pem
    }
}

impl Drop for PrivateServer {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn origin(address: SocketAddr) -> String {
    format!("https://{address}")
}
