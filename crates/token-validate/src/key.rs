use std::fmt;

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ParsedPublicKey};
use jsonwebtoken::DecodingKey;
use tokio_util::sync::CancellationToken;

use crate::{Algorithm, algorithm::KeyFamily};

/// One public key, parsed and judged once.
#[derive(Clone)]
pub(crate) struct Key {
    /// Its name; a key without one answers to any.
    pub(crate) id: Option<String>,
    /// The one algorithm it is for; any of its family when absent.
    algorithm: Option<Algorithm>,
    material: PublicKey,
    decoding: DecodingKey,
    /// Cancelled when the issuer does not publish this key any more.
    withdrawn: CancellationToken,
}

/// A public key that is fit for use: see [`PublicKey::check`].
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum PublicKey {
    Rsa {
        modulus: Vec<u8>,
        exponent: Vec<u8>,
    },
    /// An uncompressed point.
    P256(Vec<u8>),
    /// An uncompressed point.
    P384(Vec<u8>),
    Ed25519([u8; 32]),
}

/// Why a public key is not fit for use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UnfitKey {
    /// It is no key of its kind.
    Malformed,
    /// It is too weak to mean anything.
    Weak,
    /// Its `alg` belongs to another kind of key.
    OtherAlgorithm,
}

impl Key {
    pub(crate) fn new(
        id: Option<String>,
        algorithm: Option<Algorithm>,
        material: PublicKey,
    ) -> Result<Self, UnfitKey> {
        material.check()?;
        if algorithm.is_some_and(|it| it.family() != material.family()) {
            return Err(UnfitKey::OtherAlgorithm);
        }
        let decoding = material.decoding_key();
        Ok(Self { id, algorithm, material, decoding, withdrawn: CancellationToken::new() })
    }

    /// Cancelled when the issuer does not publish this key any more.
    pub(crate) const fn withdrawn(&self) -> &CancellationToken {
        &self.withdrawn
    }

    /// This key is `before`, published once more.
    pub(crate) fn live_on(&mut self, before: &Self) {
        self.withdrawn = before.withdrawn.clone();
    }

    /// What it is made of.
    pub(crate) const fn material(&self) -> &PublicKey {
        &self.material
    }

    /// Whether a token may be signed with this key by `algorithm`.
    pub(crate) fn fits(&self, algorithm: Algorithm) -> bool {
        self.algorithm.map_or(self.material.family() == algorithm.family(), |it| it == algorithm)
    }

    /// Whether `signature` (base64url) is that of `message` by this key.
    pub(crate) fn verifies(&self, algorithm: Algorithm, message: &str, signature: &str) -> bool {
        self.fits(algorithm)
            && jsonwebtoken::crypto::verify(
                signature,
                message.as_bytes(),
                &self.decoding,
                algorithm.library(),
            )
            .unwrap_or(false)
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        (&self.id, self.algorithm, &self.material) == (&other.id, other.algorithm, &other.material)
    }
}

impl Eq for Key {}

impl fmt::Debug for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let family = self.material.family();
        formatter.debug_struct("Key").field("id", &self.id).field("family", &family).finish_non_exhaustive()
    }
}

impl PublicKey {
    fn family(&self) -> KeyFamily {
        match self {
            Self::Rsa { .. } => KeyFamily::Rsa,
            Self::P256(_) => KeyFamily::P256,
            Self::P384(_) => KeyFamily::P384,
            Self::Ed25519(_) => KeyFamily::Ed25519,
        }
    }

    fn check(&self) -> Result<(), UnfitKey> {
        match self {
            Self::Rsa { modulus, exponent } => check_rsa(modulus, exponent),
            Self::P256(point) => ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
                .map(drop)
                .map_err(|_| UnfitKey::Malformed),
            Self::P384(point) => ParsedPublicKey::new(&ECDSA_P384_SHA384_FIXED, point)
                .map(drop)
                .map_err(|_| UnfitKey::Malformed),
            Self::Ed25519(point) if has_small_order(point) => Err(UnfitKey::Weak),
            Self::Ed25519(_) => Ok(()),
        }
    }

    fn decoding_key(&self) -> DecodingKey {
        match self {
            Self::Rsa { modulus, exponent } => DecodingKey::from_rsa_raw_components(modulus, exponent),
            Self::P256(point) | Self::P384(point) => DecodingKey::from_ec_der(point),
            Self::Ed25519(point) => DecodingKey::from_ed_der(point),
        }
    }
}

/// 2048 to 8192 bits, odd, with an odd exponent of at least 3 and at most 33 bits (RFC 7518 section 3.3).
fn check_rsa(modulus: &[u8], exponent: &[u8]) -> Result<(), UnfitKey> {
    let (Some(&first), Some(&last)) = (modulus.first(), modulus.last()) else {
        return Err(UnfitKey::Malformed);
    };
    let Some(&exponent_last) = exponent.last() else { return Err(UnfitKey::Malformed) };
    if first == 0 || exponent.first() == Some(&0) {
        return Err(UnfitKey::Malformed);
    }
    let bits = modulus.len() * 8 - first.leading_zeros() as usize;
    if bits < 2048 || exponent == [1] || exponent_last % 2 == 0 || last % 2 == 0 {
        return Err(UnfitKey::Weak);
    }
    if bits > 8192 || exponent.len() > 5 {
        return Err(UnfitKey::Malformed);
    }
    Ok(())
}

/// Whether an Ed25519 key lies in the subgroup of order 8: with such a key some signatures fit any message.
fn has_small_order(point: &[u8; 32]) -> bool {
    let mut without_sign = *point;
    without_sign[31] &= 0x7F;
    SMALL_ORDER.contains(&without_sign)
}

/// Every encoding of a point of small order, canonical or not, without its sign bit.
const SMALL_ORDER: [[u8; 32]; 7] = [
    little_endian(0x00, 0x00, 0x00),
    little_endian(0x01, 0x00, 0x00),
    little_endian(0xEC, 0xFF, 0x7F),
    little_endian(0xED, 0xFF, 0x7F),
    little_endian(0xEE, 0xFF, 0x7F),
    [
        0x26, 0xE8, 0x95, 0x8F, 0xC2, 0xB2, 0x27, 0xB0, 0x45, 0xC3, 0xF4, 0x89, 0xF2, 0xEF, 0x98, 0xF0, 0xD5,
        0xDF, 0xAC, 0x05, 0xD3, 0xC6, 0x33, 0x39, 0xB1, 0x38, 0x02, 0x88, 0x6D, 0x53, 0xFC, 0x05,
    ],
    [
        0xC7, 0x17, 0x6A, 0x70, 0x3D, 0x4D, 0xD8, 0x4F, 0xBA, 0x3C, 0x0B, 0x76, 0x0D, 0x10, 0x67, 0x0F, 0x2A,
        0x20, 0x53, 0xFA, 0x2C, 0x39, 0xCC, 0xC6, 0x4E, 0xC7, 0xFD, 0x77, 0x92, 0xAC, 0x03, 0x7A,
    ],
];

const fn little_endian(first: u8, middle: u8, last: u8) -> [u8; 32] {
    let mut bytes = [middle; 32];
    bytes[0] = first;
    bytes[31] = last;
    bytes
}
