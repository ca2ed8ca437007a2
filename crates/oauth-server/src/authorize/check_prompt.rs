use oauth_types::AuthorizeErrorCode;

use super::refused::Refused;
use crate::parameters::Parameters;

/// Nobody gets a code without the person being asked (RFC 9700 section 4.11.2, OpenID Connect Core section 3.1.2.1).
///
/// Other values of `prompt` ask for less than what happens anyway.
pub(super) fn check_prompt(parameters: &Parameters) -> Result<(), Refused> {
    let prompt = parameters.one("prompt")?.unwrap_or_default();
    if prompt.split(' ').any(|it| it == "none") {
        return Err(Refused::new(
            AuthorizeErrorCode::ConsentRequired,
            "the person must be asked, which prompt=none forbids",
        ));
    }
    Ok(())
}
