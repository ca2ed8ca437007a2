use std::time::Duration;

use bytes::Bytes;
use http::{Response, StatusCode};
use serde::Deserialize;
use serde_json::Value;

use crate::credential::{CredentialError, UpstreamToken};

/// A credential, and how long it is good from now.
#[derive(Debug)]
pub(crate) struct Exchanged {
    pub(crate) token: UpstreamToken,
    pub(crate) lifetime: Duration,
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    token_type: String,
    issued_token_type: Option<String>,
    expires_in: Option<Value>,
}

/// What the token endpoint says (RFC 8693 section 2.2).
///
/// # Errors
/// [`CredentialError`], by whose affair it is.
pub(super) fn read(answer: &Response<Bytes>) -> Result<Exchanged, CredentialError> {
    let status = answer.status();
    match status {
        StatusCode::OK => granted(answer.body()),
        StatusCode::TOO_MANY_REQUESTS => Err(unavailable(status)),
        _ if status.is_server_error() => Err(unavailable(status)),
        _ => Err(refused(status, answer.body())),
    }
}

fn granted(body: &[u8]) -> Result<Exchanged, CredentialError> {
    let wrong = |what: &'static str| Err(CredentialError::misconfigured(what));
    let Ok(granted) = serde_json::from_slice::<Granted>(body) else {
        return wrong("the token endpoint answered 200 without a token");
    };
    let token = UpstreamToken::new(granted.access_token);
    let issued = granted.issued_token_type.as_deref();
    if !granted.token_type.eq_ignore_ascii_case("Bearer") {
        return wrong("the token endpoint gave a token that is no bearer token");
    }
    if issued.is_some_and(|it| !ISSUED.contains(&it)) {
        return wrong("the token endpoint gave a token that is no access token");
    }
    let text = token.expose();
    if text.is_empty() || text.len() > MOST_TOKEN || !text.bytes().all(|it| it.is_ascii_graphic()) {
        return wrong("the token endpoint gave a token that cannot stand in a header");
    }
    let Some(lifetime) = lifetime(granted.expires_in.as_ref()) else {
        return wrong("the token endpoint gave a token with a lifetime that is no number of seconds");
    };
    Ok(Exchanged { token, lifetime })
}

/// Some servers write the number as text.
fn lifetime(expires_in: Option<&Value>) -> Option<Duration> {
    let seconds = match expires_in {
        None | Some(Value::Null) => return Some(UNKNOWN_LIFE),
        Some(Value::String(text)) => text.parse().ok()?,
        Some(value) => value.as_u64()?,
    };
    Some(Duration::from_secs(seconds).min(LONGEST_LIFE))
}

fn refused(status: StatusCode, body: &[u8]) -> CredentialError {
    #[derive(Deserialize)]
    struct Refused {
        error: String,
    }

    let said = serde_json::from_slice(body).map_or_else(|_| String::new(), |it: Refused| it.error);
    let known = CODES.iter().find(|it| **it == said).copied();
    let detail = match known {
        Some(code) => format!("the token endpoint answered {} {code}", status.as_u16()),
        None => format!("the token endpoint answered {} without an error that is known", status.as_u16()),
    };
    match known {
        // A subject token that is not accepted is an invalid request (RFC 8693 section 2.2.2).
        Some("invalid_request" | "invalid_grant" | "invalid_token") => CredentialError::ended(detail),
        Some("access_denied" | "interaction_required" | "consent_required") => {
            CredentialError::denied(detail)
        }
        Some("temporarily_unavailable" | "server_error") => CredentialError::unavailable(detail),
        Some(_) | None => CredentialError::misconfigured(detail),
    }
}

fn unavailable(status: StatusCode) -> CredentialError {
    CredentialError::unavailable(format!("the token endpoint answered {}", status.as_u16()))
}

/// Everything that may be repeated in the log.
const CODES: [&str; 13] = [
    "invalid_request",
    "invalid_grant",
    "invalid_token",
    "access_denied",
    "interaction_required",
    "consent_required",
    "temporarily_unavailable",
    "server_error",
    "invalid_client",
    "unauthorized_client",
    "unsupported_grant_type",
    "invalid_scope",
    "invalid_target",
];
const ISSUED: [&str; 2] =
    ["urn:ietf:params:oauth:token-type:access_token", "urn:ietf:params:oauth:token-type:jwt"];
/// Longer ones are taken by hardly any server.
const MOST_TOKEN: usize = 16 * 1024;
/// For a server that does not say.
const UNKNOWN_LIFE: Duration = Duration::from_secs(5 * 60);
/// However long a server says: by then the person is asked about again.
const LONGEST_LIFE: Duration = Duration::from_secs(24 * 60 * 60);

#[cfg(test)]
mod tests;
