use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Response, header::CONTENT_ENCODING};

use crate::{FetchError, failure::fetch_error};

/// Reads the whole body, or gives up as soon as it is clear that it is too large.
///
/// Nothing below decodes a body, so the bytes counted here are the bytes the caller gets.
pub(crate) async fn read(
    mut answer: reqwest::Response,
    max_body: usize,
) -> Result<Response<Bytes>, FetchError> {
    if is_encoded(answer.headers()) {
        return Err(FetchError::Encoded);
    }
    if answer.content_length().is_some_and(|length| usize::try_from(length).map_or(true, |it| it > max_body))
    {
        return Err(FetchError::TooLarge(max_body));
    }
    let mut body = BytesMut::new();
    while let Some(chunk) = answer.chunk().await.map_err(fetch_error)? {
        if chunk.len() > max_body - body.len() {
            return Err(FetchError::TooLarge(max_body));
        }
        body.extend_from_slice(&chunk);
    }
    let mut whole = Response::new(body.freeze());
    *whole.status_mut() = answer.status();
    *whole.version_mut() = answer.version();
    *whole.headers_mut() = std::mem::take(answer.headers_mut());
    Ok(whole)
}

/// `identity` was all we accepted (RFC 9110 section 12.5.3), and a bomb stays shut when nobody unpacks it.
fn is_encoded(headers: &HeaderMap) -> bool {
    headers.get_all(CONTENT_ENCODING).iter().any(|value| {
        !value.as_bytes().split(|byte| *byte == b',').all(|coding| {
            let coding = coding.trim_ascii();
            coding.is_empty() || coding.eq_ignore_ascii_case(b"identity")
        })
    })
}
