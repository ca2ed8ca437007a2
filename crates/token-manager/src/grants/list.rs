use oauth_types::{ClientId, GrantId, Principal, ResourceUri, Scope, UnixTime};

use super::{
    Grants, RevokeSelector, SessionKey, Unavailable,
    refresh_token::Authentic,
    state::{Grant, Live, State},
};
use crate::Liveness;

/// A live grant, for people and for introspection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantSummary {
    /// Which.
    pub id: GrantId,
    /// Who holds it.
    pub client_id: ClientId,
    /// Who gave it.
    pub principal: Principal,
    /// What it permits.
    pub scope: Scope,
    /// Where.
    pub resource: ResourceUri,
    /// What it rests on.
    pub session: Option<SessionKey>,
    /// When it was given.
    pub created_at: UnixTime,
    /// When it was last used; after a crash this may be 5 minutes too early.
    pub last_used_at: UnixTime,
    /// Its absolute end.
    pub expires_at: UnixTime,
}

impl Grants {
    /// The live grants of `selector`, the one used last first.
    ///
    /// # Errors
    /// When the store does.
    pub async fn list(&self, selector: &RevokeSelector) -> Result<Vec<GrantSummary>, Unavailable> {
        let selected = self.shared.select(selector).await?;
        let mut live: Vec<_> =
            selected.into_iter().filter_map(|(id, grant)| self.summary(id, grant)).collect();
        live.sort_by_key(|it| (std::cmp::Reverse(it.last_used_at), it.id));
        Ok(live)
    }

    /// One grant, if it lives.
    ///
    /// # Errors
    /// When the store does.
    pub async fn find(&self, id: GrantId) -> Result<Option<GrantSummary>, Unavailable> {
        self.shared.catch_up().await?;
        Ok(self.shared.find(id).await?.and_then(|grant| self.summary(id, grant)))
    }

    /// The grant of a refresh token that would rotate now, or `None` (RFC 7662).
    ///
    /// # Errors
    /// When the store does.
    pub async fn inspect_refresh_token(&self, token: &str) -> Result<Option<GrantSummary>, Unavailable> {
        let Some(presented) = Authentic::verify(token, &self.shared.parts.ring) else { return Ok(None) };
        let Some(grant) = self.shared.find(presented.grant).await? else { return Ok(None) };
        let present = matches!(&grant.state, State::Live(it) if it.generation == presented.generation);
        if !present || !grant.terms.refreshable {
            return Ok(None);
        }
        self.shared.catch_up().await?;
        Ok(self.summary(presented.grant, grant))
    }

    /// Whether the client holds a live grant, or a code that may become one.
    ///
    /// # Errors
    /// When the store does.
    pub async fn has_live_grants(&self, client_id: &ClientId) -> Result<bool, Unavailable> {
        let selected = self.shared.select(&RevokeSelector::Client(client_id.clone())).await?;
        let now = self.shared.parts.clock.now();
        Ok(selected.into_iter().any(|(id, grant)| match &grant.state {
            State::CodeIssued(code) => now < code.expires_at,
            _ => self.summary(id, grant).is_some(),
        }))
    }

    fn summary(&self, id: GrantId, grant: Grant) -> Option<GrantSummary> {
        let State::Live(Live { last_used_at, .. }) = grant.state else { return None };
        let index = &self.shared.index;
        if index.peek(&id, self.shared.parts.clock.now()) == Liveness::Ended {
            return None;
        }
        let terms = grant.terms;
        Some(GrantSummary {
            id,
            client_id: terms.client_id,
            principal: terms.principal,
            scope: terms.scope,
            resource: terms.resource,
            session: terms.session,
            created_at: terms.created_at,
            last_used_at: last_used_at.max(index.seen_at(&id)),
            expires_at: terms.expires_at,
        })
    }
}
