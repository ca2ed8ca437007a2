use oauth_types::JwkThumbprint;

use super::refused::Refused;
use crate::{ServerSettings, parameters::Parameters};

/// The key that the code is bound to, if any (RFC 9449 section 10).
///
/// Where proofs are not taken the parameter is as unknown as any other.
pub(super) fn check_dpop_jkt(
    parameters: &Parameters,
    settings: &ServerSettings,
) -> Result<Option<JwkThumbprint>, Refused> {
    if settings.dpop_algorithms.is_empty() {
        return Ok(None);
    }
    let Some(text) = parameters.one("dpop_jkt")? else { return Ok(None) };
    let thumbprint = text.parse();
    thumbprint.map(Some).map_err(|_| Refused::invalid_request("dpop_jkt must be a SHA-256 thumbprint"))
}
