//! The answers of the registration endpoints (RFC 7591 section 3.2, RFC 7592 section 3).

use bytes::Bytes;
use http::{
    HeaderValue, Response, StatusCode,
    header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE},
};
use oauth_types::{ClientId, RegistrationErrorCode, UnixTime};
use serde::Serialize;
use url::Url;

use super::error::RegistrationError;
use crate::client::metadata::ClientMetadata;

oauth_types::secret! {
    /// A `client_secret` or `registration_access_token` on its way to the client, which is the only time it is seen.
    pub(super) struct IssuedSecret;
}

/// A client information response.
#[derive(Debug)]
pub(super) struct ClientInformation<'a> {
    pub(super) id: &'a ClientId,
    pub(super) issued_at: UnixTime,
    pub(super) metadata: &'a ClientMetadata,
    pub(super) secret: Option<IssuedSecret>,
    /// `registration_client_uri` and `registration_access_token`: both or neither.
    pub(super) management: Option<(Url, IssuedSecret)>,
}

#[derive(Serialize)]
struct Body<'a> {
    client_id: &'a str,
    client_id_issued_at: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret: Option<&'a str>,
    /// 0: it does not expire before its client does.
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret_expires_at: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    registration_client_uri: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    registration_access_token: Option<&'a str>,
    response_types: [&'static str; 1],
    #[serde(flatten)]
    metadata: &'a ClientMetadata,
}

#[derive(Serialize)]
struct ErrorBody {
    error: &'static str,
    error_description: &'static str,
}

impl ClientInformation<'_> {
    pub(super) fn answer(&self, status: StatusCode) -> Response<Bytes> {
        let secret = self.secret.as_ref();
        let management = self.management.as_ref();
        json(
            status,
            &Body {
                client_id: self.id.as_str(),
                client_id_issued_at: self.issued_at.as_seconds(),
                client_secret: secret.map(IssuedSecret::expose),
                client_secret_expires_at: secret.map(|_| 0),
                registration_client_uri: management.map(|(uri, _)| uri.as_str()),
                registration_access_token: management.map(|(_, token)| token.expose()),
                response_types: ["code"],
                metadata: self.metadata,
            },
        )
    }
}

impl RegistrationError {
    pub(super) fn answer(&self) -> Response<Bytes> {
        let (status, error, error_description) = self.wire();
        let mut answer = json(status, &ErrorBody { error, error_description });
        match self {
            Self::Token { was_presented } => {
                let challenge = if *was_presented { r#"Bearer error="invalid_token""# } else { "Bearer" };
                answer.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
            }
            Self::TooMany { retry_after } => retry(&mut answer, retry_after.as_secs()),
            Self::Full => retry(&mut answer, FULL_SECONDS),
            Self::Unavailable(_) => retry(&mut answer, UNAVAILABLE_SECONDS),
            Self::ContentType
            | Self::TooLarge
            | Self::NotJson
            | Self::SoftwareStatement
            | Self::Metadata(_) => {}
        }
        answer
    }

    fn wire(&self) -> (StatusCode, &'static str, &'static str) {
        const METADATA: &str = RegistrationErrorCode::InvalidClientMetadata.as_str();
        const BUSY: &str = "temporarily_unavailable";
        match self {
            Self::ContentType => {
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, METADATA, "the content type must be application/json")
            }
            Self::TooLarge => {
                (StatusCode::PAYLOAD_TOO_LARGE, METADATA, "the body must have at most 16384 bytes")
            }
            Self::NotJson => {
                (StatusCode::BAD_REQUEST, METADATA, "the body must be a JSON object without repeated members")
            }
            Self::SoftwareStatement => (
                StatusCode::BAD_REQUEST,
                RegistrationErrorCode::UnapprovedSoftwareStatement.as_str(),
                "software_statement is not supported",
            ),
            Self::Metadata(error) => (StatusCode::BAD_REQUEST, error.code.as_str(), error.description),
            Self::Token { .. } => {
                (StatusCode::UNAUTHORIZED, "invalid_token", "the access token is missing or wrong")
            }
            Self::TooMany { .. } | Self::Full => {
                (StatusCode::TOO_MANY_REQUESTS, BUSY, "too many registrations, try again later")
            }
            Self::Unavailable(_) => (StatusCode::SERVICE_UNAVAILABLE, BUSY, "try again later"),
        }
    }
}

/// 204 without a body (RFC 7592 section 2.3).
pub(super) fn deleted() -> Response<Bytes> {
    let mut answer = Response::new(Bytes::new());
    *answer.status_mut() = StatusCode::NO_CONTENT;
    answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

fn json(status: StatusCode, body: &impl Serialize) -> Response<Bytes> {
    // Texts, numbers and lists always serialise; nothing would be an answer that no client can read.
    let mut answer = Response::new(Bytes::from(serde_json::to_vec(body).unwrap_or_default()));
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

fn retry(answer: &mut Response<Bytes>, seconds: u64) {
    answer.headers_mut().insert(RETRY_AFTER, seconds.into());
}

const FULL_SECONDS: u64 = 600;
const UNAVAILABLE_SECONDS: u64 = 5;
