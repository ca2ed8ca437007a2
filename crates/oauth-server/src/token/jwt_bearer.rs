//! An identity assertion for a token (RFC 7523 section 2.1, draft-ietf-oauth-identity-assertion-authz-grant section 4.4).

mod claims;
mod unverified;

use std::time::Duration;

use oauth_types::{Issuer, Scope};
use storage::{Key, Record, Table};

use super::{
    TokenRequest,
    scope::{intersection, narrowed_scope},
};
use crate::{
    ClientOrigin, Clients, DirectGrant, DirectGrants, IdentityAssertionError, IdentityAssertions,
    OfferedResource, TokenGrant, TokenUnavailable, TrustedIssuer, clients::sha256, endpoint::EndpointError,
    resources::UnknownResource,
};
use claims::Claims;

/// A token for the person whom a trusted issuer vouches for, at the resource that the assertion names.
///
/// Everything is judged before the assertion is used up, and no refresh token is issued: the client gets a new assertion
/// for a new token, so that the enterprise decides each time.
pub(super) async fn issue(
    grants: &dyn DirectGrants,
    assertions: &dyn IdentityAssertions,
    clients: &Clients,
    request: TokenRequest<'_>,
) -> Result<TokenGrant, EndpointError> {
    let client_id = &request.client.client().id;
    let assertion = request.parameters.one("assertion")?;
    let assertion = assertion.ok_or(EndpointError::InvalidRequest("assertion is missing"))?;
    let trusted = trusted_issuer(request, assertion)?;
    let verified = assertions.verify(&trusted.issuer, assertion).await.map_err(refused)?;
    let now = clients.inner.clock.now();
    let ours = request.settings.issuer();
    let claims =
        Claims::check(&verified, &trusted.issuer, ours, client_id, now).map_err(EndpointError::Assertion)?;
    let offered = resource(request, &claims)?;
    let scope = scope(request, &claims, trusted, offered)?;
    let principal = assertions.person(&trusted.issuer, &verified).map_err(refused)?;
    let key = request.spent()?;
    use_up(clients, &trusted.issuer, &claims).await?;
    let grant = DirectGrant {
        client_id,
        principal: &principal,
        scope: &scope,
        resource: &offered.resource,
        key,
        vouched_by: Some(&trusted.issuer),
    };
    Ok(grants.issue(grant).await?)
}

/// The issuer that the assertion claims to be of, if it is a trusted one whose assertions this client may bring.
///
/// The client must be known and prove itself: an assertion in wrong hands is then of use to nobody.
fn trusted_issuer<'a>(
    request: TokenRequest<'a>,
    assertion: &str,
) -> Result<&'a TrustedIssuer, EndpointError> {
    let client = request.client.client();
    if client.origin == ClientOrigin::Registered || client.is_public() {
        return Err(EndpointError::UnauthorizedClient);
    }
    let issuer = unverified::issuer(assertion).ok_or(EndpointError::Assertion(MALFORMED))?;
    let mut trusted = request.settings.trusted_issuers.iter();
    let trusted = trusted.find(|it| it.issuer.as_str() == issuer);
    let trusted =
        trusted.ok_or(EndpointError::Assertion("the issuer of the assertion is not trusted here"))?;
    if trusted.clients.contains(&client.id) { Ok(trusted) } else { Err(EndpointError::UnauthorizedClient) }
}

/// What the assertion is for; the request may say the same, and nothing else.
fn resource<'a>(
    request: TokenRequest<'a>,
    claims: &Claims<'_>,
) -> Result<&'a OfferedResource, EndpointError> {
    let offered = request.settings.find_resource(claims.resource);
    let offered = offered.ok_or(EndpointError::Assertion("resource of the assertion is not offered here"))?;
    let requested = request.settings.requested_resources(request.parameters)?;
    if requested.iter().all(|it| *it == offered) { Ok(offered) } else { Err(UnknownResource.into()) }
}

/// What the enterprise, the operator and the request all say.
///
/// An assertion without `scope` speaks for what everybody gets who asks for nothing.
fn scope(
    request: TokenRequest<'_>,
    claims: &Claims<'_>,
    trusted: &TrustedIssuer,
    offered: &OfferedResource,
) -> Result<Scope, EndpointError> {
    if offered.scopes.is_empty() {
        return Ok(Scope::default());
    }
    let vouched = match &claims.scope {
        Some(scope) => intersection(scope, &offered.scopes),
        None => offered.default_scopes.clone(),
    };
    let most = trusted.scopes.as_ref().map_or_else(|| vouched.clone(), |it| intersection(&vouched, it));
    narrowed_scope(request.parameters, &most)
}

/// Uses the `jti` up, here and in every replica.
async fn use_up(clients: &Clients, issuer: &Issuer, claims: &Claims<'_>) -> Result<(), EndpointError> {
    let key = Key::of(sha256(&[issuer.as_str().as_bytes(), &[0], claims.jti.as_bytes()]));
    // Remembered for as long as the assertion would be taken.
    let record = Record::new(USED, claims.expires_at + SKEW, []);
    let inserted = clients.inner.store.insert_new(USED, &key, record).await;
    if inserted.map_err(|error| TokenUnavailable(Box::new(error)))? {
        return Ok(());
    }
    Err(EndpointError::Assertion("the assertion was used before"))
}

fn refused(error: IdentityAssertionError) -> EndpointError {
    match error {
        IdentityAssertionError::Invalid(cause) => {
            tracing::info!(cause, "an identity assertion is not good");
            EndpointError::Assertion(MALFORMED)
        }
        IdentityAssertionError::NotAllowed(cause) => {
            tracing::info!(cause, "the person of an identity assertion is not allowed");
            EndpointError::Assertion("the person of the assertion may not come in")
        }
        keys @ IdentityAssertionError::Keys(_) => TokenUnavailable(Box::new(keys)).into(),
    }
}

const MALFORMED: &str = "the assertion is malformed, of another type, or not signed by its issuer";
const USED: Table = Table::new("identity_assertions", 1);
/// How far the clocks of issuers may be off.
const SKEW: Duration = Duration::from_secs(30);
/// The most time an assertion may be good for.
const MAX_LIFETIME: Duration = Duration::from_secs(3600);
