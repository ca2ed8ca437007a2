use oauth_types::Scope;

use crate::{endpoint::EndpointError, metadata::OFFLINE_ACCESS, parameters::Parameters};

/// The `scope`, without `offline_access`: clients add it to whatever they have, and it is never in a grant.
fn requested_scope(parameters: &Parameters) -> Result<Option<Scope>, EndpointError> {
    let Some(text) = parameters.one("scope")? else { return Ok(None) };
    let asked: Scope = text.parse().map_err(|_| EndpointError::InvalidScope)?;
    let scope: Scope = asked.iter().filter(|it| it.as_str() != OFFLINE_ACCESS).cloned().collect();
    Ok((!scope.is_empty()).then_some(scope))
}

/// What of `most` is asked for, and all of it if nothing is.
///
/// Nothing at all is refused: without a person who reads what it came to, a token for nothing would be taken for one
/// that needs no scope.
pub(super) fn narrowed_scope(parameters: &Parameters, most: &Scope) -> Result<Scope, EndpointError> {
    let scope = match requested_scope(parameters)? {
        Some(asked) => intersection(&asked, most),
        None => most.clone(),
    };
    if scope.is_empty() { Err(EndpointError::ScopeNotAllowed) } else { Ok(scope) }
}

/// What is in both.
pub(super) fn intersection(left: &Scope, right: &Scope) -> Scope {
    left.iter().filter(|it| right.contains(it)).cloned().collect()
}
