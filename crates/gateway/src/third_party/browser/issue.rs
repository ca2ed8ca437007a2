//! The code, for what one person approved.

use axum::response::Response;
use oauth_types::{AuthorizeErrorCode, Scope};
use session_binding::{Authenticated, AuthorizationRequest, BindError, Completed, PendingId, Purpose};
use token_manager::{AuthorizationCode, EndCause, NewGrant, RevokeSelector};

use super::{
    ACCOUNT, Browser,
    answer::{Stop, see_other, with_cookies},
    connect,
};
use crate::third_party::adapters::{Foundations, session_key};
use crate::third_party::pages::Problem;

impl Browser {
    /// Sends the person on: to the client with a code, or to their account page.
    ///
    /// The code is for what was asked, and for what the person keeps of what they allowed before.
    pub(super) async fn issue(
        &self,
        id: &PendingId,
        done: Completed,
        kept: &Scope,
    ) -> Result<Response, Stop> {
        let cookie = self.cookies.binding(id).clear();
        let (purpose, who) = done.into_parts();
        let request = match &purpose {
            Purpose::Authorize(request) => request,
            Purpose::FollowLink(link) => {
                return Ok(with_cookies(see_other(&connect::address(link))?, &[cookie]));
            }
            Purpose::Account | Purpose::Connect(_) => {
                return Ok(with_cookies(see_other(ACCOUNT)?, &[cookie]));
            }
        };
        match self.issue_code(request, &who, kept).await {
            Ok(code) => Ok(with_cookies(see_other(&self.code_location(request, &code))?, &[cookie])),
            Err(stop) => {
                let error = AuthorizeErrorCode::TemporarilyUnavailable;
                let back = self.back_to_client(&purpose, error, "no code could be issued, to be tried again");
                Err(stop.with_back(back).with_cookie(cookie))
            }
        }
    }

    /// Binds the grant to the session before it is made: a link without a grant does no harm, the opposite would.
    async fn issue_code(
        &self,
        request: &AuthorizationRequest,
        who: &Authenticated,
        kept: &Scope,
    ) -> Result<AuthorizationCode, Stop> {
        let session = who.session();
        let Foundations { grants, sessions, .. } = &self.parts.foundations;
        let fresh = grants.draw_id();
        let grant = fresh.id();
        let name = request.client.name.as_deref();
        let bound = sessions.bind_for(grant, session, name).await.map_err(|error| match error {
            BindError::Ended(_) => Stop::from(Problem::Expired),
            BindError::Storage(error) => error.into(),
        })?;
        if let Some(pushed_out) = bound.pushed_out {
            // Its end is told to the session by whoever follows the ends of grants.
            let pushed_out = RevokeSelector::Grant(pushed_out);
            if let Err(error) = grants.revoke(&pushed_out, EndCause::TooMany).await {
                tracing::warn!(%error, "a grant that made room has not ended yet");
            }
        }
        let new = NewGrant {
            client_id: request.client_id.clone(),
            principal: who.principal().clone(),
            redirect_uri: request.redirect_uri.clone(),
            scope: request.scope.union(kept),
            resource: request.resource.clone(),
            code_challenge: request.code_challenge.clone(),
            session: Some(session_key(session)),
            refreshable: request.refreshable,
            key: request.key,
        };
        match grants.issue_code_as(fresh, new).await {
            Ok(code) => Ok(code),
            Err(error) => {
                // Should this fail too, the link is forgotten when the session ends.
                let _ = sessions.forget_grants(session, &[grant]).await;
                Err(Stop::unavailable(&error))
            }
        }
    }
}
