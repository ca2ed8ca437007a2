use std::sync::Arc;

use rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs,
    version::{TLS12, TLS13},
};
use rustls_pki_types::CertificateDer;

use crate::guarded::ClientSetupError;

/// The system's roots and the configured ones.
///
/// A machine without a CA bundle is fine for as long as only `http` loopback URLs or configured roots are used.
pub(crate) fn trusted_roots(extra: Vec<CertificateDer<'static>>) -> Result<RootCertStore, ClientSetupError> {
    let system = rustls_native_certs::load_native_certs();
    for error in &system.errors {
        tracing::warn!(%error, "a system CA certificate was skipped");
    }
    let mut roots = configured_roots(extra)?;
    let (added, _) = roots.add_parsable_certificates(system.certs);
    if added == 0 {
        tracing::warn!(
            configured = roots.len(),
            "this machine has no CA certificates: only configured roots are trusted"
        );
    }
    Ok(roots)
}

pub(crate) fn configured_roots(
    certificates: Vec<CertificateDer<'static>>,
) -> Result<RootCertStore, ClientSetupError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates {
        roots.add(certificate).map_err(ClientSetupError::Root)?;
    }
    Ok(roots)
}

/// TLS 1.2 and 1.3 (RFC 9325 section 3.1.1), without any process-wide crypto provider.
///
/// The HTTP library adds no ALPN to a configuration it is given, so HTTP/2 has to be named here.
pub(crate) fn client_config(roots: RootCertStore) -> Result<ClientConfig, ClientSetupError> {
    let mut config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_protocol_versions(&[&TLS13, &TLS12])
        .map_err(ClientSetupError::Tls)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}
