use http::HeaderMap;

use super::EndpointError;
use crate::{AuthenticatedClient, ClientCredentials, Clients, parameters::Parameters};

/// The client that the request comes from, authenticated as far as it authenticates at all.
pub(crate) async fn authenticate(
    clients: &Clients,
    headers: &HeaderMap,
    parameters: &Parameters,
) -> Result<AuthenticatedClient, EndpointError> {
    // A value that is no text is nobody's.
    let field = |name: &str| parameters.one(name).ok().flatten();
    let presented = ClientCredentials::read(headers, field)?;
    Ok(clients.authenticate(presented).await?)
}
