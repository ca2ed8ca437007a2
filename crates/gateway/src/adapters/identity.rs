use std::{sync::Arc, time::Duration};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderMap, HeaderName, HeaderValue};
use oauth_types::{ClientId, Entropy, UnixTime};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde::Serialize;

use super::{SigningKey, SigningKeyError};
use crate::access::Principal;

/// What an upstream may learn of the caller: nothing, unless its server says so.
#[derive(Debug, Default)]
pub(crate) struct Identity {
    /// Whether `X-MCP-Subject` and its kin are sent.
    pub(crate) plain: bool,
    /// The assertion, if one is sent.
    pub(crate) assertion: Option<Assertion>,
}

/// A short-lived JWT for one upstream, signed by the gateway.
#[derive(Debug)]
pub(crate) struct Assertion {
    /// The origin of the gateway: `iss`.
    pub(crate) issuer: String,
    /// The upstream: `aud`.
    pub(crate) audience: String,
    /// From `iat` to `exp`.
    pub(crate) lifetime: Duration,
    /// The header that carries it.
    pub(crate) header: HeaderName,
    /// Who signs.
    pub(crate) key: Arc<SigningKey>,
    /// Where `jti` comes from.
    pub(crate) entropy: Arc<dyn Entropy>,
}

/// The claims of an assertion; the caller is named by issuer and subject together (RFC 9493 section 3.2.3).
#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    aud: &'a str,
    sub: &'a str,
    sub_id: SubjectIdentifier<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<&'a str>,
    scope: String,
    iat: UnixTime,
    exp: UnixTime,
    jti: String,
}

#[derive(Serialize)]
struct SubjectIdentifier<'a> {
    format: &'static str,
    iss: &'a str,
    sub: &'a str,
}

impl Identity {
    /// The headers for the upstream of a request by `principal`.
    ///
    /// # Errors
    /// When the assertion cannot be signed: without it the upstream might take the caller for somebody else.
    pub(crate) fn headers(&self, principal: &Principal, now: UnixTime) -> Result<HeaderMap, SigningKeyError> {
        let mut headers = HeaderMap::new();
        if self.plain {
            set(&mut headers, SUBJECT, principal.subject().as_str(), NOT_IN_NAMES);
            set(&mut headers, ISSUER, principal.issuer(), NOT_IN_NAMES);
            set(&mut headers, CLIENT_ID, principal.client_id().map_or("", ClientId::as_str), NOT_IN_NAMES);
            set(&mut headers, SCOPE, &principal.scope().to_string(), NOT_PLAIN);
        }
        if let Some(assertion) = &self.assertion {
            headers.insert(assertion.header.clone(), assertion.sign(principal, now)?);
        }
        Ok(headers)
    }
}

impl Assertion {
    /// The header's value.
    fn sign(&self, principal: &Principal, now: UnixTime) -> Result<HeaderValue, SigningKeyError> {
        let signed = self.text(principal, now)?;
        let text =
            if self.header == http::header::AUTHORIZATION { format!("Bearer {signed}") } else { signed };
        let mut value = HeaderValue::from_str(&text).map_err(|_| SigningKeyError::Unusable)?;
        value.set_sensitive(true);
        Ok(value)
    }

    /// The JWT itself.
    ///
    /// # Errors
    /// When the key cannot sign.
    pub(crate) fn text(&self, principal: &Principal, now: UnixTime) -> Result<String, SigningKeyError> {
        let mut jti = [0; 16];
        self.entropy.fill(&mut jti);
        let ends = now + self.lifetime;
        let claims = Claims {
            iss: &self.issuer,
            aud: &self.audience,
            sub: principal.subject().as_str(),
            sub_id: SubjectIdentifier {
                format: "iss_sub",
                iss: principal.issuer(),
                sub: principal.subject().as_str(),
            },
            client_id: principal.client_id().map(ClientId::as_str),
            scope: principal.scope().to_string(),
            iat: now,
            exp: principal.expires_at().map_or(ends, |it| ends.min(it.max(now))),
            jti: URL_SAFE_NO_PAD.encode(jti),
        };
        self.key.sign("JWT", &claims)
    }
}

/// Sets a header to `value`, encoded so that it is one line of plain ASCII whatever a subject holds.
fn set(headers: &mut HeaderMap, name: HeaderName, value: &str, not_plain: &'static AsciiSet) {
    let encoded = utf8_percent_encode(value, not_plain).to_string();
    if let Ok(value) = HeaderValue::from_str(&encoded) {
        headers.insert(name, value);
    }
}

/// What is percent-encoded in an identity header, beside everything outside ASCII; the space of a scope is not.
const NOT_PLAIN: &AsciiSet = &CONTROLS.add(b'%');

/// Blanks at the ends of a header's value are not part of it, so a name with one would arrive as another's.
const NOT_IN_NAMES: &AsciiSet = &NOT_PLAIN.add(b' ');

const SUBJECT: HeaderName = HeaderName::from_static("x-mcp-subject");
const ISSUER: HeaderName = HeaderName::from_static("x-mcp-issuer");
const CLIENT_ID: HeaderName = HeaderName::from_static("x-mcp-client-id");
const SCOPE: HeaderName = HeaderName::from_static("x-mcp-scope");
