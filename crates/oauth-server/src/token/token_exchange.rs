use oauth_types::{Actor, ResourceUri, Scope};

use super::{
    TokenRequest,
    scope::{intersection, narrowed_scope},
};
use crate::{
    ClientOrigin, DirectGrants, Exchange, ExchangeRule, SubjectToken, TokenGrant, endpoint::EndpointError,
    resources::UnknownResource,
};

/// A token for the next hop, made of one that came here (RFC 8693 section 2).
///
/// The client is the actor: it proves itself, and brings a token for the resource that it is.
/// What it gets permits no more than that token, lives no longer, and dies with the same grant.
pub(super) async fn exchange(
    grants: &dyn DirectGrants,
    request: TokenRequest<'_>,
) -> Result<TokenGrant, EndpointError> {
    let rule = rule(request)?;
    check_types(request)?;
    let (target, most) = target(request, rule)?;
    let token = request.parameters.one("subject_token")?;
    let token = token.ok_or(EndpointError::InvalidRequest("subject_token is missing"))?;
    let subject_token = grants.subject_token(token).await?;
    let subject_token = subject_token.filter(|it| it.resource == rule.resource).ok_or(UNACCEPTABLE)?;
    let scope = narrowed_scope(request.parameters, &intersection(&subject_token.scope, &most))?;
    let exchange = Exchange {
        client_id: &request.client.client().id,
        actor: actor(request, &subject_token)?,
        subject_token: &subject_token,
        scope: &scope,
        resource: target,
        key: request.spent()?,
    };
    Ok(grants.exchange(exchange).await?)
}

/// What the operator wrote for this client, which must have proven itself.
fn rule(request: TokenRequest<'_>) -> Result<&ExchangeRule, EndpointError> {
    let client = request.client.client();
    let is_known = client.origin == ClientOrigin::Configured && !client.is_public();
    let rule = request.settings.token_exchange.get(&client.id).filter(|_| is_known);
    rule.ok_or(EndpointError::UnauthorizedClient)
}

/// Access tokens in, access tokens out; another actor than the client itself is not known here.
fn check_types(request: TokenRequest<'_>) -> Result<(), EndpointError> {
    let is_access_token = |it: &str| [ACCESS_TOKEN, JWT].contains(&it);
    let subject = request.parameters.one("subject_token_type")?;
    if !subject.is_some_and(is_access_token) {
        return Err(EndpointError::InvalidRequest("subject_token_type must be that of access tokens"));
    }
    if !request.parameters.one("requested_token_type")?.is_none_or(is_access_token) {
        return Err(EndpointError::InvalidRequest("requested_token_type must be that of access tokens"));
    }
    if ["actor_token", "actor_token_type"].iter().any(|it| request.parameters.has(it)) {
        return Err(EndpointError::InvalidRequest("actor_token is not taken: the client is the actor"));
    }
    Ok(())
}

/// The one place that the token is for, among those where this client may go on to, and the most that it permits there.
fn target<'a>(
    request: TokenRequest<'a>,
    rule: &'a ExchangeRule,
) -> Result<(&'a ResourceUri, Scope), EndpointError> {
    let named = request.parameters.all("resource").map_err(|_| UnknownResource)?;
    let [text] = named.as_slice() else { return Err(UnknownResource.into()) };
    if request.parameters.has("audience") {
        return Err(UnknownResource.into());
    }
    let offered = request.settings.find_resource(text);
    let resource = offered.map_or_else(|| text.parse().ok(), |it| Some(it.resource.clone()));
    let found = resource.and_then(|it| rule.targets.get_key_value(&it)).ok_or(UnknownResource)?;
    let most = offered.map_or_else(|| found.1.clone(), |it| intersection(found.1, &it.scopes));
    Ok((found.0, most))
}

/// The client, and whoever has acted before.
fn actor(request: TokenRequest<'_>, token: &SubjectToken) -> Result<Actor, EndpointError> {
    if token.actor.as_ref().is_some_and(|it| it.depth() >= MOST_ACTORS) {
        return Err(UNACCEPTABLE);
    }
    let sub = request.client.client().id.as_str().parse().map_err(|_| UNACCEPTABLE)?;
    Ok(Actor { sub, act: token.actor.clone().map(Box::new) })
}

/// RFC 8693 section 2.2.2 has this error for whatever is wrong with the token.
const UNACCEPTABLE: EndpointError = EndpointError::InvalidRequest(
    "subject_token must be a live access token for the resource of this client",
);
/// The one token type there is (RFC 8693 section 3).
pub(super) const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
/// What an access token is besides.
const JWT: &str = "urn:ietf:params:oauth:token-type:jwt";
/// Hops that a token may make.
const MOST_ACTORS: usize = 4;
