use std::borrow::Cow;

use base64::{
    Engine,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use http::{HeaderMap, header::AUTHORIZATION};
use url::form_urlencoded;

use super::credentials::ClientSecret;

/// The user name and the password of HTTP Basic, as they came.
#[derive(Debug)]
pub(super) struct Basic {
    pub(super) id: String,
    pub(super) secret: ClientSecret,
}

/// The header is there, and no HTTP Basic that can be read.
#[derive(Debug)]
pub(super) struct Malformed;

/// Reads `Authorization: Basic`, if it is there; another scheme is nobody's client authentication.
pub(super) fn read(headers: &HeaderMap) -> Result<Option<Basic>, Malformed> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(Malformed);
    }
    let (scheme, rest) = split_scheme(value.as_bytes());
    if !scheme.eq_ignore_ascii_case(b"basic") {
        return Ok(None);
    }
    let pair = BASE64.decode(rest.trim_ascii()).map_err(|_| Malformed)?;
    let pair = String::from_utf8(pair).map_err(|_| Malformed)?;
    let (id, secret) = pair.split_once(':').ok_or(Malformed)?;
    if id.is_empty() || pair.chars().any(char::is_control) {
        return Err(Malformed);
    }
    Ok(Some(Basic { id: id.to_owned(), secret: ClientSecret::new(secret.to_owned()) }))
}

/// What a text means if it was encoded as RFC 6749 section 2.3.1 demands; none if that is the text itself.
///
/// Half of the clients encode and half do not, so both readings are tried.
pub(super) fn form_decoded(text: &str) -> Option<String> {
    if !text.contains(['%', '+']) {
        return None;
    }
    // One value without a name: a text can neither end nor split it, as `&` and `=` are escaped first.
    let escaped = text.replace('&', "%26").replace('=', "%3D");
    let decoded = form_urlencoded::parse(escaped.as_bytes()).next().map(|(name, _)| name)?;
    let is_plain = !decoded.contains('\u{FFFD}') && !decoded.chars().any(char::is_control);
    is_plain.then(|| Cow::into_owned(decoded))
}

fn split_scheme(value: &[u8]) -> (&[u8], &[u8]) {
    let end = value.iter().position(|it| *it == b' ').unwrap_or(value.len());
    value.split_at(end)
}

/// With or without padding, as both are seen.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);
