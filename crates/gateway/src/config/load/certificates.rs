use std::path::PathBuf;

use rustls::{
    RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};

use super::Reader;
use crate::config::report::{KeyPath, Problem};

/// The certificate authorities in the files of `section.ca_files`.
pub(super) fn roots(
    section: &KeyPath,
    files: &[PathBuf],
    reader: &mut Reader<'_>,
) -> Result<Vec<CertificateDer<'static>>, Problem> {
    let mut roots = Vec::new();
    for (index, path) in files.iter().enumerate() {
        let key = section.key("ca_files").index(index);
        let certificates =
            parse(&reader.public(&key, path)?).map_err(|message| Problem::new(key.clone(), message))?;
        for certificate in &certificates {
            let usable = RootCertStore::empty().add(certificate.clone());
            usable.map_err(|_| Problem::new(key.clone(), "holds a certificate that is malformed"))?;
        }
        roots.extend(certificates);
    }
    Ok(roots)
}

/// The certificates of a PEM text, at least one.
pub(super) fn parse(pem: &str) -> Result<Vec<CertificateDer<'static>>, &'static str> {
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
    match certificates {
        Ok(certificates) if certificates.is_empty() => {
            Err("holds no certificate: a PEM file with `-----BEGIN CERTIFICATE-----` is needed")
        }
        Ok(certificates) => Ok(certificates),
        Err(_) => Err("is no well-formed PEM file"),
    }
}
