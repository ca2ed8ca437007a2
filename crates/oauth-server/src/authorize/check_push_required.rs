use super::refused::Refused;
use crate::{Client, ServerSettings};

/// A request comes through the browser only where nobody asked for it to be pushed (RFC 9126 sections 5 and 6).
pub(super) fn check_push_required(client: &Client, settings: &ServerSettings) -> Result<(), Refused> {
    if settings.require_pushed_authorization_requests || client.require_pushed_authorization_requests {
        return Err(Refused::invalid_request("the authorization request must be pushed"));
    }
    Ok(())
}
