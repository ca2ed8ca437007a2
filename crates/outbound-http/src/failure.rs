use std::error::Error;

use crate::{FetchError, guard::RefusedName, guarded::CONNECT_TIMEOUT};

/// Translates the HTTP library's error; the URL, which may carry secrets in its query, is left behind.
pub(crate) fn fetch_error(error: reqwest::Error) -> FetchError {
    if let Some(refused) = refused_name(&error) {
        return match refused {
            RefusedName::Forbidden => FetchError::ForbiddenAddress,
            RefusedName::Unresolved => FetchError::Unresolved,
        };
    }
    // The one timeout the library was given; the total one is ours.
    if error.is_timeout() {
        return FetchError::Timeout(CONNECT_TIMEOUT);
    }
    FetchError::Connection(Box::new(error.without_url()))
}

/// The resolver's verdict, which comes back wrapped by every layer of the connector.
fn refused_name(error: &reqwest::Error) -> Option<RefusedName> {
    let mut source = error.source();
    while let Some(error) = source {
        if let Some(refused) = error.downcast_ref::<RefusedName>() {
            return Some(*refused);
        }
        source = error.source();
    }
    None
}
