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
    let text = parameters.one("redirect_uri").ok().flatten();
    let requested = text.and_then(|it| it.parse().ok()).filter(|it| client.accepts(it));
    requested.ok_or_else(|| {
        let requested: Option<String> = text.map(|it| it.chars().take(LOGGED).collect());
        tracing::info!(
            client.id = %client.id,
            ?requested,
            registered = client.redirect_uris.first().map(RedirectUri::as_str),
            "an authorization request has a redirect_uri that is not one of the client's"
        );
        AuthorizePageError::RedirectUri
    })
}

/// As much of a stranger's text as a log needs, in characters.
const LOGGED: usize = 200;
