//! More scopes for a client that has some already (MCP "Step-Up Authorization Flow").
//!
//! Clients of some revisions ask for what is new alone, and would lose what they had.
//! So whoever approves more keeps what they approved before, if that grant lives, and the page shows both: nothing is
//! granted that was not read, since any program on a person's machine can use the name of another.

use oauth_types::{Principal, Scope};
use session_binding::{Authenticated, AuthorizationRequest, Purpose};
use token_manager::RevokeSelector;

use super::{Browser, answer::Stop, form::Form};
use crate::third_party::pages::Problem;

impl Browser {
    /// What the person has allowed this client at this resource before, if the request asks for more than that; nothing
    /// otherwise, so that a client can also ask for less.
    pub(super) async fn allowed_before(
        &self,
        request: &AuthorizationRequest,
        person: &Principal,
    ) -> Result<Scope, Stop> {
        let connection = RevokeSelector::Connection(person.clone(), request.client_id.clone());
        let grants = self.parts.foundations.grants.list(&connection).await;
        let grants = grants.map_err(|error| Stop::unavailable(&error))?;
        let here = grants.iter().filter(|it| it.resource == request.resource);
        let granted = here.fold(Scope::default(), |all, it| all.union(&it.scope));
        let authorize = &self.parts.authorize;
        let before = authorize.still_permitted(&request.client_id, &request.resource, &granted).await;
        Ok(if before.contains_all(&request.scope) { Scope::default() } else { before })
    }

    /// What is granted besides the request: of what the form's page showed as allowed before, that which still is.
    pub(super) async fn kept(
        &self,
        purpose: &Purpose,
        who: &Authenticated,
        form: &Form,
    ) -> Result<Scope, Stop> {
        let Purpose::Authorize(request) = purpose else { return Ok(Scope::default()) };
        let Some(shown) = form.field_if_any(KEPT)? else { return Ok(Scope::default()) };
        let shown: Scope = shown.parse().map_err(|_| Problem::Malformed)?;
        let before = self.allowed_before(request, who.principal()).await?;
        Ok(before.iter().filter(|it| shown.contains(it)).cloned().collect())
    }

    /// Whether the person, who signed in after they had approved, has something to keep that no page has shown.
    pub(super) async fn has_more_to_show(
        &self,
        purpose: &Purpose,
        who: &Authenticated,
    ) -> Result<bool, Stop> {
        let Purpose::Authorize(request) = purpose else { return Ok(false) };
        let before = self.allowed_before(request, who.principal()).await?;
        Ok(!request.scope.contains_all(&before))
    }
}

/// The field of the consent page with what it showed as allowed before.
const KEPT: &str = "kept";
