use oauth_types::CodeChallenge;

use super::refused::Refused;
use crate::parameters::Parameters;

/// PKCE with `S256`, for every client (OAuth 2.1 section 4.1.1; RFC 7636 section 4.3).
///
/// Without `code_challenge_method` the standard means `plain`, which would show the verifier to whoever sees the request.
pub(super) fn check_code_challenge(parameters: &Parameters) -> Result<CodeChallenge, Refused> {
    let challenge = parameters.one("code_challenge")?;
    let challenge = challenge.ok_or(Refused::invalid_request("code_challenge is missing"))?;
    if parameters.one("code_challenge_method")? != Some("S256") {
        return Err(Refused::invalid_request("code_challenge_method must be S256"));
    }
    challenge
        .parse()
        .map_err(|_| Refused::invalid_request("code_challenge does not have the form of RFC 7636"))
}
