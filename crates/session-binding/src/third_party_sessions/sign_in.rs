use oauth_types::Principal;
use storage::StoreError;

use super::{
    ATTEMPTS, EndCause, EndedSession, Liveness, TABLE, ThirdPartySessions, contended,
    id::{Slot, random_epoch},
    session::Stored,
};
use crate::{Authenticated, record::encode};

/// A person whom a third party, or a built-in account, vouches for and the allow rules permit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignIn {
    /// Who it is: by the stable user id, never by a name or an address.
    pub principal: Principal,
    /// What to call them on a page; the first 100 characters are kept.
    pub display_name: Option<String>,
    /// What the third party calls this sign-in: the `sid` of an ID token (OpenID Connect Front-Channel Logout section 3).
    ///
    /// Sign-ins with different `sid`s are different sessions; without one a person has one session.
    /// Only its digest is kept.
    pub sid: Option<String>,
}

/// What a sign-in led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignInOutcome {
    /// The person, signed in.
    pub who: Authenticated,
    /// Whether the session existed: then the third party's new tokens replace its old ones, and its grants live on.
    pub renewed: bool,
    /// Sessions that ended by this sign-in, and whose grants, if any, have to end: those above the limit, and the timed-out one it replaces.
    pub ended: Vec<EndedSession>,
}

impl ThirdPartySessions {
    /// Notes that a person signed in: renews their session, or begins one.
    ///
    /// # Errors
    /// When the store gives no answer.
    pub async fn sign_in(&self, sign_in: SignIn) -> Result<SignInOutcome, StoreError> {
        let slot = Slot::new(&sign_in.principal, sign_in.sid.as_deref());
        let name = sign_in.display_name.map(|it| it.chars().take(MAX_NAME).collect());
        for _ in 0..ATTEMPTS {
            let renewed = self.renew(slot, &sign_in.principal, name.clone()).await?;
            if let Some(mut outcome) = renewed {
                outcome.ended.extend(self.end_surplus(&outcome.who).await?);
                return Ok(outcome);
            }
        }
        Err(contended())
    }

    /// One attempt; `None` when somebody wrote at the same time.
    async fn renew(
        &self,
        slot: Slot,
        principal: &Principal,
        display_name: Option<String>,
    ) -> Result<Option<SignInOutcome>, StoreError> {
        let now = self.clock.now();
        let fresh = Stored {
            principal: principal.clone(),
            epoch: random_epoch(&*self.entropy),
            display_name,
            created: now,
            signed_in: now,
            last_used: now,
            ended: None,
            grants: Vec::new(),
            to_end: Vec::new(),
            client_names: Vec::new(),
            untidy: false,
        };
        let Some(found) = self.read(&slot).await? else {
            let record = encode(TABLE, self.kept_until(&fresh), &fresh)?;
            let inserted = self.store.insert_new(TABLE, &slot.key(), record).await?;
            return Ok(inserted.then(|| outcome(slot, &fresh, false, Vec::new())));
        };
        let old = found.value;
        let (next, renewed, ended) = match old.liveness(now, &self.limits) {
            Liveness::Live { .. } => {
                let Stored { epoch, created, grants, to_end, client_names, .. } = old;
                (Stored { epoch, created, grants, to_end, client_names, ..fresh }, true, Vec::new())
            }
            Liveness::Ended(cause) => {
                let old = old.end(cause);
                let ended = old.ended_session(slot, cause);
                (Stored { to_end: old.to_end, ..fresh }, false, vec![ended])
            }
        };
        let replaced = self.replace(&slot, found.revision, &next).await?;
        Ok(replaced.then(|| outcome(slot, &next, renewed, ended)))
    }

    /// Ends the sessions that a person has too many of, oldest sign-in first, never the one just made.
    async fn end_surplus(&self, who: &Authenticated) -> Result<Vec<EndedSession>, StoreError> {
        let now = self.clock.now();
        let mut live = self.slots_of(&who.principal).await?;
        live.retain(|(_, it)| it.value.liveness(now, &self.limits).is_live());
        live.sort_by_key(|(_, it)| it.value.signed_in);
        let surplus = live.len().saturating_sub(self.limits.max_per_person.max(1));
        let others = live.iter().filter(|(slot, _)| slot != who.session.slot());
        let mut ended = Vec::new();
        for (slot, found) in others.take(surplus) {
            let next = found.value.clone().end(EndCause::TooMany);
            if self.replace(slot, found.revision, &next).await? {
                ended.push(next.ended_session(*slot, EndCause::TooMany));
            }
        }
        Ok(ended)
    }
}

fn outcome(slot: Slot, stored: &Stored, renewed: bool, ended: Vec<EndedSession>) -> SignInOutcome {
    SignInOutcome { who: stored.authenticated(slot), renewed, ended }
}

const MAX_NAME: usize = 100;
