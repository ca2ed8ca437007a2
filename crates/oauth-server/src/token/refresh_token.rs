use oauth_types::{ResourceUri, Scope};

use crate::{
    AuthenticatedClient, GrantPort, RefreshCheck, TokenGrant, endpoint::EndpointError,
    metadata::OFFLINE_ACCESS, parameters::Parameters,
};

/// A refresh token for new tokens (OAuth 2.1 section 4.3).
pub(super) async fn refresh(
    grants: &dyn GrantPort,
    parameters: &Parameters,
    client: &AuthenticatedClient,
    resources: &[ResourceUri],
) -> Result<TokenGrant, EndpointError> {
    let token = parameters.one("refresh_token")?;
    let token = token.ok_or(EndpointError::InvalidRequest("refresh_token is missing"))?;
    let scope = requested_scope(parameters)?;
    let check = RefreshCheck { client_id: &client.client().id, scope: scope.as_ref(), resources };
    Ok(grants.refresh(token, check).await?)
}

/// The `scope`, without `offline_access`: clients add it to whatever they have, and it is never in a grant.
fn requested_scope(parameters: &Parameters) -> Result<Option<Scope>, EndpointError> {
    let Some(text) = parameters.one("scope")? else { return Ok(None) };
    let asked: Scope = text.parse().map_err(|_| EndpointError::InvalidScope)?;
    let scope: Scope = asked.iter().filter(|it| it.as_str() != OFFLINE_ACCESS).cloned().collect();
    Ok((!scope.is_empty()).then_some(scope))
}
