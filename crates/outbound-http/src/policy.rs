use ipnet::IpNet;
use rustls::RootCertStore;
use rustls_pki_types::{
    CertificateDer,
    pem::{self, PemObject},
};

/// What the gateway itself may fetch.
#[derive(Clone, Debug)]
pub struct OutboundPolicy {
    /// Certificates trusted besides those of the system; none by default.
    pub extra_roots: Vec<CertificateDer<'static>>,
    /// Whether `http` and `https` URLs of loopback hosts are allowed, for development; `false` by default.
    pub allow_loopback: bool,
    /// Private networks whose hosts may be reached over `https`, such as that of an internal authorization server;
    /// none by default.
    ///
    /// Only for URLs that the operator wrote: with URLs from strangers it would open these networks to them.
    pub allow_networks: Vec<IpNet>,
    /// The most requests under way at one time, from 1; 32 by default.
    ///
    /// Further ones wait, and their waiting counts as part of [`Limits::timeout`](crate::Limits::timeout).
    pub max_concurrent: usize,
}

impl OutboundPolicy {
    /// Trusts the certificates of a PEM file as well.
    ///
    /// # Errors
    /// [`InvalidCertificates`] when `pem` holds no certificate, or one that cannot be a root.
    pub fn with_ca_pem(mut self, pem: &[u8]) -> Result<Self, InvalidCertificates> {
        let certificates = CertificateDer::pem_slice_iter(pem)
            .collect::<Result<Vec<_>, _>>()
            .map_err(InvalidCertificates::Pem)?;
        if certificates.is_empty() {
            return Err(InvalidCertificates::Empty);
        }
        for certificate in &certificates {
            RootCertStore::empty().add(certificate.clone()).map_err(InvalidCertificates::Root)?;
        }
        self.extra_roots.extend(certificates);
        Ok(self)
    }
}

impl Default for OutboundPolicy {
    fn default() -> Self {
        Self {
            extra_roots: Vec::new(),
            allow_loopback: false,
            allow_networks: Vec::new(),
            max_concurrent: 32,
        }
    }
}

/// Why a PEM text adds no roots.
#[derive(Debug, thiserror::Error)]
pub enum InvalidCertificates {
    /// The text is not PEM (RFC 7468).
    #[error("not a PEM file")]
    Pem(#[source] pem::Error),
    /// There is no `CERTIFICATE` section.
    #[error("the PEM file holds no certificate")]
    Empty,
    /// A certificate cannot be read as a trust anchor.
    #[error("a certificate of the PEM file cannot be a root")]
    Root(#[source] rustls::Error),
}

#[cfg(test)]
mod tests;
