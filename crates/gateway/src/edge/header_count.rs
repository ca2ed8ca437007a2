//! How many header fields a request has.

use http::HeaderMap;

use crate::reason::Reason;

/// HTTP/1.1 requests with too many end in the parser; this is for HTTP/2, whose parser counts bytes only.
///
/// # Errors
/// [`Reason::HeadersTooMany`] when there are more than `most`.
pub(crate) fn check(headers: &HeaderMap, most: usize) -> Result<(), Reason> {
    if headers.len() > most { Err(Reason::HeadersTooMany) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use http::{HeaderValue, header};

    use super::*;

    #[test]
    fn a10_each_field_counts_also_under_one_name() {
        let headers: HeaderMap = (0..3).map(|_| (header::ACCEPT, HeaderValue::from_static("a"))).collect();
        assert_eq!(check(&headers, 3), Ok(()));
        assert_eq!(check(&headers, 2), Err(Reason::HeadersTooMany));
    }
}
