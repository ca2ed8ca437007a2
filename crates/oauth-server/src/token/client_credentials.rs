use oauth_types::Principal;

use super::{
    TokenRequest,
    scope::{intersection, narrowed_scope},
};
use crate::{ClientOrigin, DirectGrant, DirectGrants, TokenGrant, endpoint::EndpointError};

/// A token for the client itself (OAuth 2.1 section 4.2; MCP "OAuth Client Credentials").
///
/// For clients that the operator wrote down with what they may do, and that proved who they are.
pub(super) async fn issue(
    grants: &dyn DirectGrants,
    request: TokenRequest<'_>,
) -> Result<TokenGrant, EndpointError> {
    let TokenRequest { settings, parameters, client, .. } = request;
    let client = client.client();
    let is_known = client.origin == ClientOrigin::Configured && !client.is_public();
    let permitted = settings.client_credentials.get(&client.id).filter(|_| is_known);
    let permitted = permitted.ok_or(EndpointError::UnauthorizedClient)?;
    let principal = Principal::of_client(&client.id).map_err(|_| EndpointError::UnauthorizedClient)?;
    let offered = settings.requested_resource(parameters)?;
    let scope = narrowed_scope(parameters, &intersection(permitted, &offered.scopes))?;
    let grant = DirectGrant {
        client_id: &client.id,
        principal: &principal,
        scope: &scope,
        resource: &offered.resource,
        key: request.spent()?,
        vouched_by: None,
    };
    Ok(grants.issue(grant).await?)
}
