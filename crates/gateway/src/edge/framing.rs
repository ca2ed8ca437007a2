//! Where a request ends.

use http::{HeaderMap, header};

use crate::reason::Reason;

/// One body has one framing: `Transfer-Encoding` is absent or `chunked` alone (RFC 9112 section 6.1).
///
/// The parser below reads any list that ends in `chunked`, while a proxy in front may read it otherwise.
/// It sees to `Content-Length` itself: beside `Transfer-Encoding` it is dropped and the connection ends.
///
/// # Errors
/// [`Reason::FramingMalformed`] for any other coding, a list, or several headers.
pub(crate) fn check(headers: &HeaderMap) -> Result<(), Reason> {
    let mut codings = headers.get_all(header::TRANSFER_ENCODING).iter();
    match (codings.next(), codings.next()) {
        (None, _) => Ok(()),
        (Some(coding), None) if coding.as_bytes().eq_ignore_ascii_case(b"chunked") => Ok(()),
        _ => Err(Reason::FramingMalformed),
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[track_caller]
    fn check(codings: &[&'static str], accepted: bool) {
        let headers: HeaderMap =
            codings.iter().map(|it| (header::TRANSFER_ENCODING, HeaderValue::from_static(it))).collect();
        assert_eq!(super::check(&headers).is_ok(), accepted, "{codings:?}");
    }

    #[test]
    fn e09_a_body_is_chunked_once_or_not_at_all() {
        check(&[], true);
        check(&["chunked"], true);
        check(&["Chunked"], true);
        check(&["gzip, chunked"], false);
        check(&["identity, chunked"], false);
        check(&["chunked, chunked"], false);
        check(&["chunked,"], false);
        check(&["xchunked"], false);
        check(&[""], false);
        check(&["chunked", "chunked"], false);
        check(&["identity", "chunked"], false);
    }
}
