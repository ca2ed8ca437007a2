use bytes::Bytes;
use http::{Response, StatusCode, header::CONTENT_TYPE};
use oauth_types::ClaimPath;
use oauth2::HttpResponse;
use serde_json::{Map, Value, json};
use url::form_urlencoded;

use super::SendError;
use crate::{WireCode, preset::Preset};

/// The longest token that is taken; it must fit into a header.
const MAX_TOKEN: usize = 16 * 1024;
/// The longest life that is believed: a hundred years.
const MAX_LIFE: u64 = 100 * 366 * 24 * 60 * 60;

/// The answer as the standard would have it (RFC 6749 sections 5.1 and 5.2): success is 200, refusal is 400.
pub(super) fn normalise(response: &Response<Bytes>, preset: &Preset) -> Result<HttpResponse, SendError> {
    let status = response.status();
    // Whatever the body says: a server in trouble is not to be believed about grants.
    if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
        return Err(SendError::status(response));
    }
    let body = match object(response) {
        Some(body) => body,
        None if status == StatusCode::OK => return Err(SendError::Nonsense("no JSON object")),
        None => return Err(SendError::status(response)),
    };
    if let Some(code) = refusal(&body, preset) {
        return Ok(answer(StatusCode::BAD_REQUEST, &json!({ "error": code.as_str() })));
    }
    if !status.is_success() {
        return Err(SendError::status(response));
    }
    let tokens = tokens(&body, preset).map_err(SendError::Nonsense)?;
    Ok(answer(StatusCode::OK, &tokens))
}

/// The body as an object: JSON, or a form as GitHub answers when it overlooks `Accept`.
fn object(response: &Response<Bytes>) -> Option<Map<String, Value>> {
    let content_type =
        response.headers().get(CONTENT_TYPE).and_then(|it| it.to_str().ok()).unwrap_or_default();
    if content_type.to_ascii_lowercase().starts_with("application/x-www-form-urlencoded") {
        let pairs = form_urlencoded::parse(response.body());
        return Some(pairs.map(|(name, value)| (name.into_owned(), value.into_owned().into())).collect());
    }
    serde_json::from_slice(response.body()).ok()
}

/// The error code, with whatever status it came (GitHub and Slack refuse with 200).
fn refusal(body: &Map<String, Value>, preset: &Preset) -> Option<WireCode> {
    let failed = preset.ok_member.is_some_and(|it| body.get(it) == Some(&Value::Bool(false)));
    match body.get("error") {
        Some(Value::String(code)) => Some(WireCode::of(code)),
        Some(Value::Null) | None if !failed => None,
        _ => Some(WireCode::of("unreadable")),
    }
}

fn tokens(body: &Map<String, Value>, preset: &Preset) -> Result<Value, &'static str> {
    let nested = |path: &str| path.parse::<ClaimPath>().ok()?.find(body)?.as_object();
    let at_top = |kind: &str| (body.get("token_type").and_then(Value::as_str) == Some(kind)).then_some(body);
    let found = match preset.token_path {
        Some(path) => nested(path.object)
            .or_else(|| at_top(path.or_type_at_top))
            .ok_or("no tokens where this third party has them")?,
        None => body,
    };
    let mut tokens = Map::new();
    tokens.insert("access_token".to_owned(), token(found, "access_token")?.ok_or("no access token")?.into());
    tokens.insert("token_type".to_owned(), token_type(found, preset)?.into());
    for name in ["refresh_token", "id_token"] {
        if let Some(text) = token(found, name)? {
            tokens.insert(name.to_owned(), text.into());
        }
    }
    if let Some(seconds) = life(found.get("expires_in"))? {
        tokens.insert("expires_in".to_owned(), seconds.into());
    }
    if let Some(Value::String(scope)) = found.get("scope") {
        tokens.insert("scope".to_owned(), scope.clone().into());
    }
    Ok(Value::Object(tokens))
}

/// A token: printable ASCII that fits into a header (RFC 6750 section 2.1); empty counts as missing.
fn token<'a>(body: &'a Map<String, Value>, name: &str) -> Result<Option<&'a str>, &'static str> {
    match body.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.is_empty() => Ok(None),
        Some(Value::String(text))
            if text.len() <= MAX_TOKEN && text.bytes().all(|it| it.is_ascii_graphic()) =>
        {
            Ok(Some(text))
        }
        Some(_) => Err("a token that is no short text"),
    }
}

/// Missing means bearer; anything but a bearer token would be sent the wrong way (RFC 6749 section 7.1).
fn token_type(body: &Map<String, Value>, preset: &Preset) -> Result<&'static str, &'static str> {
    match body.get("token_type") {
        None | Some(Value::Null) => Ok("bearer"),
        Some(Value::String(text)) if preset.token_types.iter().any(|it| it.eq_ignore_ascii_case(text)) => {
            Ok("bearer")
        }
        Some(_) => Err("a token type that is not `bearer`"),
    }
}

/// Seconds as a number or as text.
fn life(value: Option<&Value>) -> Result<Option<u64>, &'static str> {
    let seconds = match value {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Number(number)) => number.as_u64(),
        Some(Value::String(text)) => text.parse().ok(),
        Some(_) => None,
    };
    match seconds {
        Some(seconds) if seconds <= MAX_LIFE => Ok(Some(seconds)),
        _ => Err("an impossible `expires_in`"),
    }
}

fn answer(status: StatusCode, body: &Value) -> HttpResponse {
    let mut response = Response::new(body.to_string().into_bytes());
    *response.status_mut() = status;
    response
}
