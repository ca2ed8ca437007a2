use oauth_types::AuthorizeErrorCode;

use super::refused::Refused;
use crate::parameters::Parameters;

/// No request objects (RFC 9101): they could say something else than the parameters, and `request_uri` would have us
/// fetch what a stranger names.
pub(super) fn check_request_object(parameters: &Parameters) -> Result<(), Refused> {
    if parameters.has("request") || parameters.has("request_uri") {
        return Err(Refused::new(
            AuthorizeErrorCode::RequestNotSupported,
            "request and request_uri are not supported",
        ));
    }
    Ok(())
}
