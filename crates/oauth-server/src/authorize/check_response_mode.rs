use super::refused::Refused;
use crate::parameters::Parameters;

/// The answer goes into the query, which is the default for `code`
/// (OAuth 2.0 Multiple Response Type Encoding Practices section 2.1).
pub(super) fn check_response_mode(parameters: &Parameters) -> Result<(), Refused> {
    match parameters.one("response_mode")? {
        None | Some("query") => Ok(()),
        Some(_) => Err(Refused::invalid_request("response_mode must be query or absent")),
    }
}
