use super::refused::Refused;
use crate::parameters::Parameters;

/// Parameters by which a client narrows what it asks for; to ignore them would grant more than that
/// (OpenID Connect Core section 5.5, RFC 9396).
pub(super) fn check_restrictions(parameters: &Parameters) -> Result<(), Refused> {
    if parameters.has("claims") {
        return Err(Refused::invalid_request("claims is not supported"));
    }
    if parameters.has("authorization_details") {
        return Err(Refused::invalid_request("authorization_details is not supported"));
    }
    Ok(())
}
