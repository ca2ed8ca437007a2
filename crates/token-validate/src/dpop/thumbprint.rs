use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use oauth_types::JwkThumbprint;

use crate::key::PublicKey;

/// The thumbprint of a key: the digest of its required members in the order of their names (RFC 7638 section 3).
pub(super) fn of(key: &PublicKey) -> JwkThumbprint {
    let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let canonical = match key {
        PublicKey::Rsa { modulus, exponent } => {
            format!(r#"{{"e":"{}","kty":"RSA","n":"{}"}}"#, encode(exponent), encode(modulus))
        }
        PublicKey::P256(point) => of_point("P-256", point),
        PublicKey::P384(point) => of_point("P-384", point),
        PublicKey::Ed25519(point) => format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, encode(point)),
    };
    JwkThumbprint::of_canonical(canonical.as_bytes())
}

/// An uncompressed point: the byte 4, then both coordinates.
fn of_point(curve: &str, point: &[u8]) -> String {
    let coordinates = point.get(1..).unwrap_or_default();
    let (x, y) = coordinates.split_at(coordinates.len() / 2);
    let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    format!(r#"{{"crv":"{curve}","kty":"EC","x":"{}","y":"{}"}}"#, encode(x), encode(y))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::key_set;

    #[track_caller]
    fn check(jwk: serde_json::Value, expected: &str) {
        let key = key_set::read_jwk(jwk).unwrap();
        assert_eq!(of(key.material()).to_string(), expected);
    }

    /// The examples of RFC 7638 section 3.1, RFC 9449 section 4.1 with 6.1, and RFC 8037 appendix A.3.
    #[test]
    fn published_thumbprints() {
        check(
            json!({
                "kty": "RSA",
                "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
                "e": "AQAB",
                "alg": "RS256",
                "kid": "2011-04-29",
            }),
            "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs",
        );
        check(
            json!({
                "kty": "EC",
                "x": "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs",
                "y": "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA",
                "crv": "P-256",
            }),
            "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I",
        );
        check(
            json!({ "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" }),
            "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
        );
    }
}
