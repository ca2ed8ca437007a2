use std::collections::BTreeSet;

use futures_util::{StreamExt, stream};
use oauth_types::{ClientId, GrantId, Principal};

use super::{
    EndCause, GrantError, Grants, Refusal, SessionKey, Shared, Unavailable, record,
    refresh_token::Authentic,
    state::{Grant, State},
    step::Event,
};
use crate::liveness::{Facets, facet};

/// Which grants to end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RevokeSelector {
    /// This one.
    Grant(GrantId),
    /// This one, if this person gave it.
    GrantOf(GrantId, Principal),
    /// All that this person gave.
    Principal(Principal),
    /// All that this client holds.
    Client(ClientId),
    /// All that this person gave this client.
    Connection(Principal, ClientId),
    /// All that rest on this third-party session.
    Session(SessionKey),
    /// All that rest on something whose name begins like this and is none of those that are kept.
    Withdrawn {
        /// How such names begin.
        beginning: &'static str,
        /// What still holds.
        kept: BTreeSet<SessionKey>,
    },
    /// All there are.
    All,
}

impl Grants {
    /// Ends grants, codes that wait for their redemption included, and answers how many.
    ///
    /// When it returns, the end is durable, no token of them is good in this process, and what watched them was told;
    /// other processes follow within seconds.
    ///
    /// # Errors
    /// [`Unavailable`]; some may have ended then, and the same call may be repeated.
    pub async fn revoke(&self, selector: &RevokeSelector, cause: EndCause) -> Result<usize, Unavailable> {
        self.shared.catch_up().await?;
        let candidates = self.shared.candidates(selector);
        let mut outcomes = stream::iter(candidates)
            .map(|id| self.shared.revoke_one(id, selector, cause))
            .buffer_unordered(AT_ONCE);
        let (mut ended, mut failed, mut first) = (0, 0, None);
        while let Some(outcome) = outcomes.next().await {
            match outcome {
                Ok(done) => ended += usize::from(done),
                Err(error) => {
                    failed += 1;
                    first.get_or_insert(error);
                }
            }
        }
        match first {
            None => Ok(ended),
            Some(error) if ended == 0 && failed == 1 => Err(error),
            Some(error) => Err(Unavailable::Partly { ended, failed, first: Box::new(error) }),
        }
    }

    /// Ends the grant of a refresh token at the wish of its client (RFC 7009 section 2.1).
    ///
    /// Any generation will do. A token that is not ours, or not this client's, changes nothing and is no error
    /// (RFC 7009 section 2.2); the answer says whether a grant has ended.
    ///
    /// # Errors
    /// [`Unavailable`] if it is not known whether the grant has ended.
    pub async fn revoke_refresh_token(&self, token: &str, client_id: &ClientId) -> Result<bool, Unavailable> {
        let Some(presented) = Authentic::verify(token, &self.shared.parts.ring) else { return Ok(false) };
        self.revoke_for_client(presented.grant, client_id).await
    }

    /// Ends the grant of an access token, which the caller has validated, at the wish of its client (RFC 7009).
    ///
    /// # Errors
    /// [`Unavailable`] if it is not known whether the grant has ended.
    pub async fn revoke_for_client(&self, grant: GrantId, client_id: &ClientId) -> Result<bool, Unavailable> {
        let selector = RevokeSelector::Client(client_id.clone());
        self.shared.revoke_one(grant, &selector, EndCause::ClientRevoked).await
    }
}

impl Shared {
    fn candidates(&self, selector: &RevokeSelector) -> Vec<GrantId> {
        let person = |it: &Principal| facet((it.provider.as_str(), it.subject.as_str()));
        let find = |matches: &dyn Fn(&Facets) -> bool| self.index.find(matches);
        match selector {
            RevokeSelector::Grant(id) | RevokeSelector::GrantOf(id, _) => vec![*id],
            RevokeSelector::Principal(principal) | RevokeSelector::Connection(principal, _) => {
                let wanted = person(principal);
                find(&|it| it.principal == wanted)
            }
            RevokeSelector::Client(client_id) => {
                let wanted = facet(client_id.as_str());
                find(&|it| it.client == wanted)
            }
            RevokeSelector::Session(session) => {
                let wanted = facet(session.as_bytes());
                find(&|it| it.session == wanted)
            }
            // A short digest does not tell how a name begins.
            RevokeSelector::Withdrawn { .. } | RevokeSelector::All => find(&|_| true),
        }
    }

    /// Ends one grant if it is one of those selected; `false` if it was not, or had ended before.
    async fn revoke_one(
        &self,
        id: GrantId,
        selector: &RevokeSelector,
        cause: EndCause,
    ) -> Result<bool, Unavailable> {
        // What a grant was given for does not change, so this may be another read than the step's.
        let Some(found) = self.find(id).await? else { return Ok(false) };
        if !selector.selects(&found, &id) {
            return Ok(false);
        }
        match self.transition(id, &Event::Revoke(cause)).await {
            Ok(_) => Ok(true),
            Err(GrantError::Refused(Refusal::Unknown | Refusal::Ended(_))) => Ok(false),
            Err(GrantError::Refused(_)) => Err(Unavailable::Record(id)),
            Err(GrantError::Unavailable(error)) => Err(error),
        }
    }

    pub(super) async fn find(&self, id: GrantId) -> Result<Option<Grant>, Unavailable> {
        let Some(found) = self.parts.store.get(record::TABLE, &record::key(&id)).await? else {
            return Ok(None);
        };
        record::decode(&found.record.body).map(Some).map_err(|_| Unavailable::Record(id))
    }

    /// The grants of `selector` that have not ended, with their records.
    pub(super) async fn select(
        &self,
        selector: &RevokeSelector,
    ) -> Result<Vec<(GrantId, Grant)>, Unavailable> {
        self.catch_up().await?;
        let mut selected = Vec::new();
        for id in self.candidates(selector) {
            match self.find(id).await? {
                Some(grant) if selector.selects(&grant, &id) && !matches!(grant.state, State::Ended(_)) => {
                    selected.push((id, grant));
                }
                _ => {}
            }
        }
        Ok(selected)
    }
}

impl RevokeSelector {
    /// Compares in full: what led here were short digests.
    fn selects(&self, grant: &Grant, id: &GrantId) -> bool {
        let terms = &grant.terms;
        match self {
            Self::Grant(wanted) => wanted == id,
            Self::GrantOf(wanted, principal) => wanted == id && *principal == terms.principal,
            Self::Principal(principal) => *principal == terms.principal,
            Self::Client(client_id) => *client_id == terms.client_id,
            Self::Connection(principal, client_id) => {
                *principal == terms.principal && *client_id == terms.client_id
            }
            Self::Session(session) => terms.session.as_ref() == Some(session),
            Self::Withdrawn { beginning, kept } => terms
                .session
                .as_ref()
                .is_some_and(|it| it.as_bytes().starts_with(beginning.as_bytes()) && !kept.contains(it)),
            Self::All => true,
        }
    }
}

/// Ends that share commits of the store.
const AT_ONCE: usize = 64;
