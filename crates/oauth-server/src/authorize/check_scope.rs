use oauth_types::{AuthorizeErrorCode, Scope};

use super::refused::Refused;
use crate::{Client, OfferedResource, parameters::Parameters};

/// The longest `scope`, in bytes, and the most values in it.
const MAX_SCOPE: usize = 4096;
const MAX_VALUES: usize = 128;

/// What is asked for, narrowed to what exists and to what the client may have (OAuth 2.1 section 1.4.1).
///
/// Nothing asked, or nothing left of it, is what the client registered (RFC 7591 section 2), or else the default set:
/// clients ask for `openid` or `claudeai` without knowing, and the person sees what it became. `offline_access` is no scope of a resource and falls away like them;
/// whether there are refresh tokens is for the client's grant types to say.
pub(super) fn check_scope(
    parameters: &Parameters,
    client: &Client,
    offered: &OfferedResource,
) -> Result<Scope, Refused> {
    let text = parameters.one("scope")?.unwrap_or_default();
    let malformed = Refused::new(AuthorizeErrorCode::InvalidScope, "scope is malformed or too long");
    if text.len() > MAX_SCOPE {
        return Err(malformed);
    }
    let requested: Scope = text.parse().map_err(|_| malformed)?;
    if requested.iter().count() > MAX_VALUES {
        return Err(malformed);
    }
    let allowed = permitted(client, offered);
    let narrowed = intersection(&requested, &allowed);
    let registered = || client.default_scope.as_ref().map(|it| intersection(it, &allowed));
    let scope = [narrowed]
        .into_iter()
        .chain(registered())
        .find(|it| !it.is_empty())
        .unwrap_or_else(|| intersection(&offered.default_scopes, &allowed));
    if scope.is_empty() && !offered.default_scopes.is_empty() {
        return Err(Refused::new(
            AuthorizeErrorCode::InvalidScope,
            "the client may have none of these scopes",
        ));
    }
    Ok(scope)
}

/// The most that the client may have there.
pub(super) fn permitted(client: &Client, offered: &OfferedResource) -> Scope {
    match &client.scope {
        Some(limit) => intersection(&offered.scopes, limit),
        None => offered.scopes.clone(),
    }
}

pub(super) fn intersection(left: &Scope, right: &Scope) -> Scope {
    left.iter().filter(|it| right.contains(it)).cloned().collect()
}
