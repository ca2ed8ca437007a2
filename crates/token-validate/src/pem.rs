use aws_lc_rs::signature::RsaPublicKeyComponents;
use rustls_pki_types::{
    CertificateDer,
    pem::{PemObject, SectionKind},
};

use crate::{
    InvalidKeySet, KeySet, KeyWarningKind,
    key::{Key, PublicKey},
};

/// The keys of a PEM text, in its order.
pub(crate) fn read(text: &[u8]) -> Result<Vec<Key>, InvalidKeySet> {
    let mut keys = Vec::new();
    for section in <(SectionKind, Vec<u8>)>::pem_slice_iter(text) {
        let (kind, der) = section.map_err(|_| InvalidKeySet::NotPem)?;
        let unusable = |kind| InvalidKeySet::Unusable { index: keys.len(), kind };
        let info = match kind {
            SectionKind::PublicKey => der,
            SectionKind::Certificate => public_key_of(der).ok_or(unusable(KeyWarningKind::Malformed))?,
            SectionKind::RsaPrivateKey | SectionKind::PrivateKey | SectionKind::EcPrivateKey => {
                return Err(InvalidKeySet::PrivateKey);
            }
            _ => continue,
        };
        if keys.len() == KeySet::MAX_KEYS {
            return Err(unusable(KeyWarningKind::BeyondLimit));
        }
        let material = material(&info).ok_or(unusable(KeyWarningKind::Unsupported))?;
        let key = Key::new(None, None, material).map_err(|unfit| unusable(unfit.into()))?;
        keys.push(key);
    }
    if keys.is_empty() { Err(InvalidKeySet::NotPem) } else { Ok(keys) }
}

fn public_key_of(certificate: Vec<u8>) -> Option<Vec<u8>> {
    let certificate = CertificateDer::from(certificate);
    let certificate = webpki::EndEntityCert::try_from(&certificate).ok()?;
    Some(certificate.subject_public_key_info().as_ref().to_vec())
}

/// The key in a `SubjectPublicKeyInfo` (RFC 5280 section 4.1.2.7).
///
/// Elliptic-curve keys have one fixed beginning per curve, in DER and with an uncompressed point.
fn material(info: &[u8]) -> Option<PublicKey> {
    if let Some(point) = info.strip_prefix(P256_INFO) {
        return Some(PublicKey::P256(point.to_vec()));
    }
    if let Some(point) = info.strip_prefix(P384_INFO) {
        return Some(PublicKey::P384(point.to_vec()));
    }
    if let Some(point) = info.strip_prefix(ED25519_INFO) {
        return point.try_into().ok().map(PublicKey::Ed25519);
    }
    let key = aws_lc_rs::rsa::PublicKey::from_der(info).ok()?;
    let RsaPublicKeyComponents::<Vec<u8>> { n, e } = (&key).into();
    Some(PublicKey::Rsa { modulus: n, exponent: e })
}

/// `id-ecPublicKey` with `secp256r1` (RFC 5480), up to the point.
const P256_INFO: &[u8] = &[
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A, 0x86,
    0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// `id-ecPublicKey` with `secp384r1` (RFC 5480), up to the point.
const P384_INFO: &[u8] = &[
    0x30, 0x76, 0x30, 0x10, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x05, 0x2B, 0x81,
    0x04, 0x00, 0x22, 0x03, 0x62, 0x00,
];

/// `id-Ed25519` (RFC 8410), up to the point.
const ED25519_INFO: &[u8] = &[0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00];
