use oauth_types::ClientId;

use crate::{Reason, Refusal, jwt::Claims, refusal::quoted};

/// The client may come here at all; a token that names none does not pass a list.
pub(super) fn check(claims: &Claims, allowed: Option<&[ClientId]>) -> Result<(), Refusal> {
    let Some(allowed) = allowed else { return Ok(()) };
    match &claims.client_id {
        Some(client) if allowed.contains(client) => Ok(()),
        Some(client) => Err(Refusal::new(Reason::ClientNotAllowed).with_detail(quoted(client.as_str()))),
        None => Err(Refusal::new(Reason::ClientNotAllowed).with_detail("no client_id")),
    }
}
