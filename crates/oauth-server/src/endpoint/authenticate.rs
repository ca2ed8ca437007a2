use http::HeaderMap;
use oauth_types::ClientId;
use tracing::{Span, field::display};

use super::EndpointError;
use crate::{AuthenticatedClient, ClientCredentials, Clients, parameters::Parameters};

/// The client that the request comes from, authenticated as far as it authenticates at all.
///
/// The span of the request learns its name, before it is proven if the request says it in the body.
pub(crate) async fn authenticate(
    clients: &Clients,
    headers: &HeaderMap,
    parameters: &Parameters,
) -> Result<AuthenticatedClient, EndpointError> {
    // A value that is no text is nobody's.
    let field = |name: &str| parameters.one(name).ok().flatten();
    let claimed = field("client_id").and_then(|it| it.parse::<ClientId>().ok());
    if let Some(id) = &claimed {
        Span::current().record("client.id", display(id));
    }
    let presented = ClientCredentials::read(headers, field)?;
    let client = clients.authenticate(presented).await?;
    if claimed.is_none() {
        Span::current().record("client.id", display(&client.client().id));
    }
    Ok(client)
}
