use std::time::Duration;

use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Request, Response, StatusCode,
    header::{ACCEPT, CONTENT_TYPE},
};
use outbound_http::{FetchError, HttpClient, Limits};

use super::{DocumentError, DocumentUrl};

/// Asks for a document, with nothing in the request that says more than that.
///
/// Only status 200 with JSON is a document (draft section 4).
pub(super) async fn fetch(
    http: &dyn HttpClient,
    url: &DocumentUrl,
) -> Result<Response<Bytes>, DocumentError> {
    let mut request = Request::new(Bytes::new());
    *request.uri_mut() = url.as_str().parse().map_err(|_| DocumentError::Fetch(FetchError::InvalidUrl))?;
    request.headers_mut().insert(ACCEPT, HeaderValue::from_static("application/json"));
    let answer = http.send(request, LIMITS).await.map_err(DocumentError::Fetch)?;
    if answer.status() != StatusCode::OK {
        return Err(DocumentError::Status(answer.status()));
    }
    if !is_json(answer.headers()) {
        return Err(DocumentError::ContentType);
    }
    Ok(answer)
}

/// `application/json`, or a type that ends in `+json`; parameters do not matter.
fn is_json(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(CONTENT_TYPE).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return false };
    let essence = value.to_str().unwrap_or_default().split(';').next().unwrap_or_default();
    let essence = essence.trim().to_ascii_lowercase();
    essence == "application/json" || essence.starts_with("application/") && essence.ends_with("+json")
}

const LIMITS: Limits = Limits { max_body: 5 * 1024, timeout: Duration::from_secs(5) };
