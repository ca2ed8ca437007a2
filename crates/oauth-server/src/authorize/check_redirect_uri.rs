use oauth_types::RedirectUri;

use super::AuthorizePageError;
use crate::{Client, parameters::Parameters};

/// The `redirect_uri`, if it is one of the client's (OAuth 2.1 section 4.1.1; RFC 9700 section 4.1.3).
///
/// It must be there, even if the client has only one: nothing but an exact match shows that the request was made for it.
pub(super) fn check_redirect_uri(
    parameters: &Parameters,
    client: &Client,
) -> Result<RedirectUri, AuthorizePageError> {
    let text = parameters.one("redirect_uri").ok().flatten().ok_or(AuthorizePageError::RedirectUri)?;
    let requested: RedirectUri = text.parse().map_err(|_| AuthorizePageError::RedirectUri)?;
    if !client.accepts(&requested) {
        return Err(AuthorizePageError::RedirectUri);
    }
    Ok(requested)
}
