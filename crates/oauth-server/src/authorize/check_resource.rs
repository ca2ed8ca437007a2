use oauth_types::AuthorizeErrorCode;

use super::refused::Refused;
use crate::{OfferedResource, ServerSettings, parameters::Parameters};

/// What the tokens will be for: one resource, which may be left out if the default one is meant (RFC 8707 section 2).
///
/// Tokens with several audiences are not issued: whichever of them is compromised could use them at the others.
pub(super) fn check_resource<'a>(
    parameters: &Parameters,
    settings: &'a ServerSettings,
) -> Result<&'a OfferedResource, Refused> {
    const REFUSED: Refused =
        Refused::new(AuthorizeErrorCode::InvalidTarget, "resource must be one that is offered here");
    match settings.requested_resources(parameters).map_err(|_| REFUSED)?.as_slice() {
        [] => settings.resources().first().ok_or(REFUSED),
        [one] => Ok(one),
        _ => Err(REFUSED),
    }
}
