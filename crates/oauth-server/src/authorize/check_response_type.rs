use oauth_types::AuthorizeErrorCode;

use super::refused::Refused;
use crate::parameters::Parameters;

/// `response_type` is `code`: no token ever travels through a browser (OAuth 2.1 section 4.1.1).
pub(super) fn check_response_type(parameters: &Parameters) -> Result<(), Refused> {
    if parameters.one("response_type")? != Some("code") {
        return Err(Refused::new(AuthorizeErrorCode::UnsupportedResponseType, "response_type must be code"));
    }
    Ok(())
}
