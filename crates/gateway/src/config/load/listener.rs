use std::sync::Arc;

use rustls::{
    Error,
    crypto::aws_lc_rs::default_provider,
    pki_types::{PrivateKeyDer, pem::PemObject},
    sign::CertifiedKey,
};

use super::{Reader, certificates};
use crate::config::{
    Config,
    report::{KeyPath, Problem},
};

/// Certificate and key of the listener, proven to belong together.
pub(super) fn certified_key(
    config: &Config,
    reader: &mut Reader<'_>,
) -> Result<Option<Arc<CertifiedKey>>, Problem> {
    let Some(tls) = &config.listen.tls else { return Ok(None) };
    let section = KeyPath::root("listen").key("tls");
    let (certificate_key, key_key) = (section.key("certificate"), section.key("key"));
    let chain = certificates::parse(&reader.public(&certificate_key, &tls.certificate)?)
        .map_err(|message| Problem::new(certificate_key.clone(), message))?;
    let pem = reader.private(&key_key, &tls.key)?;
    let key = PrivateKeyDer::from_pem_slice(pem.as_bytes()).map_err(|_| {
        Problem::new(key_key.clone(), "holds no private key: a PEM file in PKCS#8, PKCS#1 or SEC1 is needed")
    })?;
    match CertifiedKey::from_der(chain, key, &default_provider()) {
        Ok(pair) => Ok(Some(Arc::new(pair))),
        Err(Error::InconsistentKeys(_)) => {
            Err(Problem::new(key_key, "does not belong to the certificate: write the key it was issued for"))
        }
        Err(Error::InvalidCertificate(_)) => {
            Err(Problem::new(certificate_key, "holds a certificate that is malformed"))
        }
        Err(error) => Err(Problem::new(key_key, format!("is of no use for TLS: {error}"))),
    }
}
