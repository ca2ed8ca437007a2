use std::fmt;

use http::{HeaderMap, header::AUTHORIZATION};

use crate::{Reason, Refusal};

/// The longest token that is looked at: 8 KiB.
pub const MAX_TOKEN_BYTES: usize = 8 * 1024;

/// The text of a bearer token as the client sent it (RFC 6750 section 2.1), where it was sent: nobody has a copy.
///
/// [`bearer_token`] gives texts of at most [`MAX_TOKEN_BYTES`] in the alphabet of `b64token`;
/// the validator checks both again where it relies on them.
#[derive(Clone, Copy)]
pub struct BearerToken<'a>(&'a str);

impl<'a> BearerToken<'a> {
    /// The token of this text.
    #[must_use]
    pub const fn new(text: &'a str) -> Self {
        Self(text)
    }

    /// The text, for the one place that needs it.
    #[must_use]
    pub const fn expose(&self) -> &'a str {
        self.0
    }
}

impl fmt::Debug for BearerToken<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("BearerToken(..)")
    }
}

/// Takes the bearer token from the headers of a request (RFC 6750 section 2.1).
///
/// `query` is the query of the request's target without `?`.
/// An `access_token` in it is never a credential: alone it counts as no token,
/// beside a bearer header it makes the request malformed (RFC 6750 section 2, OAuth 2.1 section 5.1).
///
/// # Errors
/// A [`Refusal`] that says what is wrong; without any credentials its reason is [`Reason::TokenMissing`].
pub fn bearer_token<'a>(headers: &'a HeaderMap, query: Option<&str>) -> Result<BearerToken<'a>, Refusal> {
    token_of_scheme(b"bearer", headers, query)
}

/// Takes the token that is sent with a proof from the headers of a request (RFC 9449 section 7.1).
///
/// It is what [`bearer_token`] takes, under the scheme `DPoP`.
///
/// # Errors
/// As [`bearer_token`]; [`Reason::SchemeNotBearer`] for every other scheme.
pub fn dpop_token<'a>(headers: &'a HeaderMap, query: Option<&str>) -> Result<BearerToken<'a>, Refusal> {
    token_of_scheme(b"dpop", headers, query)
}

fn token_of_scheme<'a>(
    scheme: &[u8],
    headers: &'a HeaderMap,
    query: Option<&str>,
) -> Result<BearerToken<'a>, Refusal> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = values.next().ok_or(Reason::TokenMissing)?;
    if values.next().is_some() {
        return Err(Reason::AuthorizationRepeated.into());
    }
    let token = credentials(scheme, value.as_bytes())?;
    if query.is_some_and(names_access_token) {
        return Err(Reason::TokenSentTwice.into());
    }
    Ok(BearerToken(token))
}

fn credentials<'a>(expected: &[u8], value: &'a [u8]) -> Result<&'a str, Reason> {
    let scheme_end = value.iter().position(|byte| matches!(byte, b' ' | b'\t')).unwrap_or(value.len());
    let (scheme, rest) = value.split_at(scheme_end);
    if !scheme.eq_ignore_ascii_case(expected) {
        return Err(Reason::SchemeNotBearer);
    }
    let token = rest.strip_prefix(b" ").ok_or(Reason::TokenSyntax)?;
    if token.is_empty() {
        return Err(Reason::TokenSyntax);
    }
    if token.len() > MAX_TOKEN_BYTES {
        return Err(Reason::TokenTooLarge);
    }
    // Without an early end, which lets the compiler look at many bytes at a time.
    if token.iter().fold(true, |good, &byte| good & is_b64token(byte)) {
        return std::str::from_utf8(token).map_err(|_| Reason::AuthorizationMalformed);
    }
    let only_spaced = token.iter().all(|&byte| is_b64token(byte) || matches!(byte, b' ' | b'\t'));
    Err(if only_spaced { Reason::TokenSyntax } else { Reason::AuthorizationMalformed })
}

const fn is_b64token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'+' | b'/' | b'=')
}

fn names_access_token(query: &str) -> bool {
    url::form_urlencoded::parse(query.as_bytes()).any(|(name, _)| name == "access_token")
}

#[cfg(test)]
mod tests;
