use oauth_types::AuthorizeErrorCode;

use super::refused::Refused;
use crate::{Client, GrantType};

/// The client may use the grant that begins here.
pub(super) fn check_grant_type(client: &Client) -> Result<(), Refused> {
    if !client.grant_types.contains(&GrantType::AuthorizationCode) {
        return Err(Refused::new(
            AuthorizeErrorCode::UnauthorizedClient,
            "the client may not use the grant type authorization_code",
        ));
    }
    Ok(())
}
