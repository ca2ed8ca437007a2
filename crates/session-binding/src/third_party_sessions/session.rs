use oauth_types::{GrantId, Principal, UnixTime};
use serde::{Deserialize, Serialize};

use super::{
    EndCause, Liveness, ThirdPartySessionId, ThirdPartySessionLimits,
    id::{Epoch, Slot},
};
use crate::Authenticated;

/// A third-party session, for people to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThirdPartySession {
    /// Its name.
    pub id: ThirdPartySessionId,
    /// Whose it is.
    pub principal: Principal,
    /// What the third party calls the person.
    pub display_name: Option<String>,
    /// When it began.
    pub created: UnixTime,
    /// When the person last signed in.
    pub signed_in: UnixTime,
    /// When something last used it.
    pub last_used: UnixTime,
    /// Whether it lives.
    pub liveness: Liveness,
    /// The grants that rest on it, oldest first.
    pub grants: Vec<GrantId>,
    /// What their clients called themselves when the person approved; a stranger's text.
    pub client_names: Vec<(GrantId, String)>,
}

/// A session that has ended, and what has to end with it.
///
/// It is named again until [`ThirdPartySessions::tidied`](super::ThirdPartySessions::tidied) says that nothing is left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndedSession {
    /// Its name; for [`ThirdPartySessions::forget_grants`](super::ThirdPartySessions::forget_grants) once its grants have ended.
    pub id: ThirdPartySessionId,
    /// Whose it was.
    pub principal: Principal,
    /// Why it ended.
    pub cause: EndCause,
    /// The grants to end.
    pub grants: Vec<GrantId>,
}

/// A session as stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stored {
    pub(super) principal: Principal,
    #[serde(with = "crate::random::text")]
    pub(super) epoch: Epoch,
    pub(super) display_name: Option<String>,
    pub(super) created: UnixTime,
    pub(super) signed_in: UnixTime,
    pub(super) last_used: UnixTime,
    pub(super) ended: Option<EndCause>,
    /// Oldest first.
    pub(super) grants: Vec<GrantId>,
    /// Grants that lost their session and may not have been ended yet.
    pub(super) to_end: Vec<GrantId>,
    /// What the clients of `grants` called themselves, as far as they did.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) client_names: Vec<(GrantId, String)>,
    /// Whether it has ended, and what rested on it beside grants may still be there.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) untidy: bool,
}

impl Stored {
    pub(super) fn liveness(&self, now: UnixTime, limits: &ThirdPartySessionLimits) -> Liveness {
        if let Some(cause) = self.ended {
            return Liveness::Ended(cause);
        }
        let (absolute, idle) =
            (self.signed_in + limits.absolute_timeout, self.last_used + limits.idle_timeout);
        if now >= absolute {
            Liveness::Ended(EndCause::Expired)
        } else if now >= idle {
            Liveness::Ended(EndCause::Idle)
        } else {
            Liveness::Live { until: absolute.min(idle) }
        }
    }

    pub(super) fn liveness_of(
        &self,
        id: &ThirdPartySessionId,
        now: UnixTime,
        limits: &ThirdPartySessionLimits,
    ) -> Liveness {
        if self.epoch == *id.epoch() {
            self.liveness(now, limits)
        } else {
            Liveness::Ended(EndCause::Superseded)
        }
    }

    /// When it times out; `None` when it has been ended.
    pub(super) fn deadline(&self, limits: &ThirdPartySessionLimits) -> Option<UnixTime> {
        let deadline = (self.signed_in + limits.absolute_timeout).min(self.last_used + limits.idle_timeout);
        self.ended.is_none().then_some(deadline)
    }

    /// The same session, ended; its grants wait for their end.
    pub(super) fn end(mut self, cause: EndCause) -> Self {
        self.ended = Some(cause);
        self.untidy = true;
        self.to_end.append(&mut self.grants);
        self.client_names.clear();
        self
    }

    /// Forgets the grants that there are none of any more, and answers when one of the others was last in use.
    pub(super) fn keep_known(&mut self, seen: impl Fn(&GrantId) -> Option<UnixTime>) -> UnixTime {
        let mut last = UnixTime::EPOCH;
        let mut known = |it: &GrantId| {
            let at = seen(it);
            last = last.max(at.unwrap_or(UnixTime::EPOCH));
            at.is_some()
        };
        self.grants.retain(&mut known);
        let grants = &self.grants;
        self.client_names.retain(|(of, _)| grants.contains(of));
        last
    }

    pub(super) fn ended_session(&self, slot: Slot, cause: EndCause) -> EndedSession {
        EndedSession {
            id: ThirdPartySessionId::new(slot, self.epoch),
            principal: self.principal.clone(),
            cause,
            grants: self.to_end.clone(),
        }
    }

    pub(super) fn authenticated(&self, slot: Slot) -> Authenticated {
        Authenticated {
            principal: self.principal.clone(),
            display_name: self.display_name.clone(),
            session: ThirdPartySessionId::new(slot, self.epoch),
        }
    }

    pub(super) fn show(
        self,
        slot: Slot,
        now: UnixTime,
        limits: &ThirdPartySessionLimits,
    ) -> ThirdPartySession {
        ThirdPartySession {
            liveness: self.liveness(now, limits),
            id: ThirdPartySessionId::new(slot, self.epoch),
            principal: self.principal,
            display_name: self.display_name,
            created: self.created,
            signed_in: self.signed_in,
            last_used: self.last_used,
            grants: self.grants,
            client_names: self.client_names,
        }
    }
}
