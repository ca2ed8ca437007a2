use oauth_types::ClientId;

use super::AuthorizePageError;
use crate::{Client, Clients, FindClientError, parameters::Parameters};

/// The client that `client_id` names, as known now.
pub(super) async fn check_client(
    parameters: &Parameters,
    clients: &Clients,
) -> Result<Client, AuthorizePageError> {
    let text = parameters.one("client_id").ok().flatten().ok_or(AuthorizePageError::UnknownClient)?;
    let id: ClientId = text.parse().map_err(|_| AuthorizePageError::UnknownClient)?;
    clients.find(&id).await.map_err(|error| match error {
        FindClientError::Unknown => {
            tracing::info!(client.id = %id, "an authorization request names a client that is not known here");
            AuthorizePageError::UnknownClient
        }
        FindClientError::Document(source) => {
            // The page does not say this: it would tell a stranger which hosts answer us.
            tracing::info!(client.id = %id, error = %source, "the client's metadata document cannot be used");
            AuthorizePageError::Document
        }
        FindClientError::Unavailable(source) => AuthorizePageError::Unavailable(source),
    })
}
