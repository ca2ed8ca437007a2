use axum::response::Response;
use http::StatusCode;

use crate::reason::Reason;

/// The answer, with the reason that the access log gives if it is a refusal.
pub(super) fn with_reason(mut response: Response) -> Response {
    let status = response.status();
    if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
        response.extensions_mut().insert(Reason::OauthUnavailable);
    } else if status.is_client_error() {
        response.extensions_mut().insert(Reason::OauthRefused);
    }
    response
}
