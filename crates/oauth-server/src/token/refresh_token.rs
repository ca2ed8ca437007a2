use oauth_types::{ResourceUri, Scope};

use crate::{
    AuthenticatedClient, DpopProof, GrantPort, RefreshCheck, ServerSettings, TokenGrant,
    endpoint::EndpointError, parameters::Parameters,
};

/// A refresh token for new tokens (OAuth 2.1 section 4.3).
pub(super) async fn refresh(
    grants: &dyn GrantPort,
    parameters: &Parameters,
    client: &AuthenticatedClient,
    settings: &ServerSettings,
    resources: &[ResourceUri],
    proof: Option<&dyn DpopProof>,
) -> Result<TokenGrant, EndpointError> {
    let token = parameters.one("refresh_token")?;
    let token = token.ok_or(EndpointError::InvalidRequest("refresh_token is missing"))?;
    let scope = requested_scope(parameters, settings)?;
    let check = RefreshCheck { client_id: &client.client().id, scope: scope.as_ref(), resources, proof };
    Ok(grants.refresh(token, check).await?)
}

/// The `scope`, without what exists nowhere here, such as `openid` and `offline_access`: clients repeat what they asked
/// for at first, and it was dropped then, too.
fn requested_scope(
    parameters: &Parameters,
    settings: &ServerSettings,
) -> Result<Option<Scope>, EndpointError> {
    let Some(text) = parameters.one("scope")? else { return Ok(None) };
    let asked: Scope = text.parse().map_err(|_| EndpointError::InvalidScope)?;
    let scope: Scope = asked.iter().filter(|it| settings.offers(it)).cloned().collect();
    Ok((!scope.is_empty()).then_some(scope))
}
