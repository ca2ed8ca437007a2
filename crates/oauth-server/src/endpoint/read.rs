use http::{HeaderMap, Method, header::CONTENT_TYPE};

use serde_json::Value;

use super::EndpointError;
use crate::{client::strict_json, parameters::Parameters};

/// The longest body, in bytes.
const MAX_BODY: usize = 64 * 1024;

/// Reads the parameters of a POST request; `json` also takes a JSON object.
///
/// Parameters come in the body only: addresses end up in logs (OAuth 2.1 section 3.2.2).
///
/// # Errors
/// The method, the size or the form is wrong, or a parameter is repeated.
pub(crate) fn read(
    method: &Method,
    headers: &HeaderMap,
    query: Option<&str>,
    body: &[u8],
    json: bool,
) -> Result<Parameters, EndpointError> {
    if method != Method::POST {
        return Err(EndpointError::Method);
    }
    if query.is_some_and(|it| !it.is_empty()) {
        return Err(EndpointError::InvalidRequest("parameters must be in the body, not in the query"));
    }
    if body.len() > MAX_BODY {
        return Err(EndpointError::TooLarge);
    }
    let parameters = match media_type(headers) {
        Some(MediaType::Form) => Parameters::from_urlencoded(body),
        Some(MediaType::Json) if json => from_json(body)?,
        _ => {
            return Err(EndpointError::InvalidRequest(
                "the content type must be application/x-www-form-urlencoded, in UTF-8",
            ));
        }
    };
    parameters.check_repeated()?;
    Ok(parameters)
}

#[derive(Clone, Copy)]
enum MediaType {
    Form,
    Json,
}

/// The type of the body, if it is said once and its charset, if any, is UTF-8.
fn media_type(headers: &HeaderMap) -> Option<MediaType> {
    let mut values = headers.get_all(CONTENT_TYPE).iter();
    let text = values.next()?.to_str().ok()?;
    if values.next().is_some() {
        return None;
    }
    let mut parts = text.split(';').map(str::trim);
    let essence = parts.next()?;
    let is_utf8 = parts.filter(|it| !it.is_empty()).all(|it| match it.split_once('=') {
        Some((name, value)) if name.eq_ignore_ascii_case("charset") => is_utf8(value),
        Some(_) => true,
        None => false,
    });
    match essence {
        _ if !is_utf8 => None,
        it if it.eq_ignore_ascii_case("application/x-www-form-urlencoded") => Some(MediaType::Form),
        it if it.eq_ignore_ascii_case("application/json") => Some(MediaType::Json),
        _ => None,
    }
}

fn is_utf8(charset: &str) -> bool {
    let name = charset.trim_matches('"');
    name.eq_ignore_ascii_case("utf-8") || name.eq_ignore_ascii_case("utf8")
}

fn from_json(body: &[u8]) -> Result<Parameters, EndpointError> {
    const REFUSED: EndpointError = EndpointError::InvalidRequest("the body must be a JSON object of texts");
    let members = strict_json::object(body).map_err(|_| REFUSED)?;
    let mut pairs = Vec::new();
    for (name, value) in members {
        let texts = texts(value).ok_or(REFUSED)?;
        pairs.extend(texts.into_iter().map(|it| (name.clone(), it.into_bytes())));
    }
    Ok(Parameters::from_pairs(pairs))
}

/// A text, or several for what may be repeated; `null` is a parameter without a value.
fn texts(value: Value) -> Option<Vec<String>> {
    match value {
        Value::String(text) => Some(vec![text]),
        Value::Null => Some(Vec::new()),
        Value::Array(values) => values.into_iter().map(|it| it.as_str().map(str::to_owned)).collect(),
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => None,
    }
}
