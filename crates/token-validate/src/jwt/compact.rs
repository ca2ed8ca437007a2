use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value};

use super::{Claims, Header, strict_object};
use crate::{Reason, Refusal};

/// A signed JSON object whose signature nobody has checked yet (RFC 7515 section 7.1).
pub(crate) struct UnverifiedJws<'a> {
    /// What was signed.
    pub(crate) message: &'a str,
    /// The signature, in strict base64url.
    pub(crate) signature: &'a str,
    pub(crate) header: Header,
    pub(crate) members: Map<String, Value>,
}

impl<'a> UnverifiedJws<'a> {
    pub(crate) fn read(text: &'a str) -> Result<Self, Refusal> {
        let (message, signature) = text.rsplit_once('.').ok_or(Reason::TokenNotJwt)?;
        let (header, payload) = message.split_once('.').ok_or(Reason::TokenNotJwt)?;
        if payload.contains('.') {
            let parts = text.bytes().filter(|byte| *byte == b'.').count() + 1;
            return Err(if parts == 5 { Reason::TokenEncrypted } else { Reason::TokenNotJwt }.into());
        }
        if decode(signature)?.is_empty() {
            return Err(Reason::JwtMalformed.into());
        }
        let header = Header::read(&strict_object(&decode(header)?).map_err(|_| Reason::JwtMalformed)?)?;
        let members = strict_object(&decode(payload)?).map_err(|_| Reason::JwtMalformed)?;
        Ok(Self { message, signature, header, members })
    }
}

/// A JWT access token whose signature nobody has checked yet.
pub(crate) struct UnverifiedJwt<'a> {
    /// What was signed.
    pub(crate) message: &'a str,
    /// The signature, in strict base64url.
    pub(crate) signature: &'a str,
    pub(crate) header: Header,
    pub(crate) claims: Claims,
}

impl<'a> UnverifiedJwt<'a> {
    pub(crate) fn read(text: &'a str) -> Result<Self, Refusal> {
        let UnverifiedJws { message, signature, header, members } = UnverifiedJws::read(text)?;
        Ok(Self { message, signature, header, claims: Claims::read(members)? })
    }
}

/// Whether a token means to be a JWT: it has parts, and its first is a JSON object.
pub(crate) fn looks_like_jwt(text: &str) -> bool {
    text.starts_with("eyJ") && text.contains('.')
}

/// The `iss` that a JWT names, which decides nothing but whom to ask about it.
pub(crate) fn unverified_issuer(text: &str) -> Option<String> {
    let mut parts = text.split('.');
    let (payload, _signature, None) = (parts.nth(1)?, parts.next()?, parts.next()) else { return None };
    strict_object(&decode(payload).ok()?).ok()?.get("iss")?.as_str().map(str::to_owned)
}

/// Strict base64url: no padding, no other alphabet, no trailing bits (RFC 7515 section 2).
pub(crate) fn decode(part: &str) -> Result<Vec<u8>, Reason> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| Reason::JwtMalformed)
}
