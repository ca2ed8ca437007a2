use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;
use serde_json::Value;

use super::KeyWarningKind;
use crate::key::{Key, PublicKey};

/// The members of a JSON Web Key that matter here (RFC 7517 section 4, RFC 7518 section 6, RFC 8037 section 2).
#[derive(Deserialize)]
struct Jwk {
    kty: String,
    #[serde(rename = "use")]
    usage: Option<String>,
    key_ops: Option<Vec<String>>,
    alg: Option<String>,
    kid: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
    d: Option<Value>,
}

/// The key, or why it is left out.
pub(crate) fn read(value: Value) -> Result<Key, KeyWarningKind> {
    let jwk: Jwk = serde_json::from_value(value).map_err(|_| KeyWarningKind::Malformed)?;
    if jwk.kty == "oct" {
        return Err(KeyWarningKind::Symmetric);
    }
    if jwk.d.is_some() {
        return Err(KeyWarningKind::Private);
    }
    let verifies = |operations: &Vec<String>| operations.iter().any(|it| it == "verify");
    if jwk.usage.as_deref().is_some_and(|it| it != "sig") || !jwk.key_ops.as_ref().is_none_or(verifies) {
        return Err(KeyWarningKind::OtherUse);
    }
    let algorithm =
        jwk.alg.as_deref().map(str::parse).transpose().map_err(|_| KeyWarningKind::Unsupported)?;
    let material = material(&jwk)?;
    Ok(Key::new(jwk.kid, algorithm, material)?)
}

fn material(jwk: &Jwk) -> Result<PublicKey, KeyWarningKind> {
    match (jwk.kty.as_str(), jwk.crv.as_deref()) {
        ("RSA", _) => Ok(PublicKey::Rsa {
            modulus: without_leading_zeros(member(jwk.n.as_ref())?),
            exponent: without_leading_zeros(member(jwk.e.as_ref())?),
        }),
        ("EC", Some("P-256")) => point(jwk, 32).map(PublicKey::P256),
        ("EC", Some("P-384")) => point(jwk, 48).map(PublicKey::P384),
        ("OKP", Some("Ed25519")) => {
            let bytes = member(jwk.x.as_ref())?;
            bytes.try_into().map(PublicKey::Ed25519).map_err(|_| KeyWarningKind::Malformed)
        }
        _ => Err(KeyWarningKind::Unsupported),
    }
}

fn point(jwk: &Jwk, coordinate: usize) -> Result<Vec<u8>, KeyWarningKind> {
    let (x, y) = (member(jwk.x.as_ref())?, member(jwk.y.as_ref())?);
    if x.len() != coordinate || y.len() != coordinate {
        return Err(KeyWarningKind::Malformed);
    }
    Ok([&[0x04], x.as_slice(), y.as_slice()].concat())
}

fn member(text: Option<&String>) -> Result<Vec<u8>, KeyWarningKind> {
    text.and_then(|it| URL_SAFE_NO_PAD.decode(it).ok()).ok_or(KeyWarningKind::Malformed)
}

/// Some servers pad the numbers although RFC 7518 section 6.3.1 forbids it.
fn without_leading_zeros(bytes: Vec<u8>) -> Vec<u8> {
    bytes.into_iter().skip_while(|byte| *byte == 0).collect()
}
