use std::time::Duration;

use oauth_types::{GrantId, UnixTime};
use storage::{Key, StoreError};

use super::{
    EndCause, EndedSession, Liveness, TABLE, ThirdPartySessionId, ThirdPartySessions, id::Slot,
    session::Stored,
};
use crate::record::Typed;

/// Where a walk over the sessions goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor(Key);

/// What one step of the walk found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overdue {
    /// Sessions with what has to end: timed out now, with grants or without, or ended before by somebody who did not
    /// get to the end of it.
    pub ended: Vec<EndedSession>,
    /// Sessions that live, with the time when something last used them.
    pub live: Vec<(ThirdPartySessionId, UnixTime)>,
    /// Those of `live` on which no grant rests, and that nobody has signed in with or used for a minute.
    pub unused: Vec<UnusedSession>,
    /// Sessions whose records cannot be read: nothing was done about them, and what rests on them is refused.
    pub unreadable: usize,
    /// Where to go on; `None` at the end.
    pub next: Option<Cursor>,
}

/// A session that lives, and on which no grant rests; for [`ThirdPartySessions::end_unused`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnusedSession {
    id: ThirdPartySessionId,
    /// Of the record that said so.
    pub(super) revision: u64,
}

impl UnusedSession {
    /// Its name.
    #[must_use]
    pub const fn id(&self) -> &ThirdPartySessionId {
        &self.id
    }
}

/// What became of one session.
enum Settled {
    /// It lives.
    Live(ThirdPartySessionId, UnixTime),
    /// It lives, and nothing that is known here needs it.
    Unused(UnusedSession, UnixTime),
    /// Its grants, or some of them, have to end.
    Ended(EndedSession),
    /// There is nothing to do.
    Done,
}

impl ThirdPartySessions {
    /// Looks at up to `limit` sessions after `after`: ends those that timed out, and names all grants that have to end.
    ///
    /// `seen` tells when a grant was last in use, which counts as use of its session; the epoch if it never was.
    /// `None` means that there is no such grant and never will be, so that a live session forgets it: it takes no room
    /// from grants that live.
    /// Meant for a background task that walks more often than the shortest idle timeout, and for the start after a
    /// crash.
    /// Grants stay named until [`ThirdPartySessions::forget_grants`], sessions that ended until
    /// [`ThirdPartySessions::tidied`].
    ///
    /// # Errors
    /// When the store gives no answer.
    pub async fn overdue(
        &self,
        after: Option<&Cursor>,
        limit: usize,
        seen: &(dyn Fn(&GrantId) -> Option<UnixTime> + Send + Sync),
    ) -> Result<Overdue, StoreError> {
        let page = self.store.scan(TABLE, after.map(|it| &it.0), limit).await?;
        let (mut ended, mut live, mut unused, mut unreadable) = (Vec::new(), Vec::new(), Vec::new(), 0);
        for (key, found) in &page {
            let (Some(slot), Ok(found)) = (Slot::from_key(key), Typed::read(TABLE, found)) else {
                // One record that makes no sense must not keep the others from ending.
                unreadable += 1;
                continue;
            };
            match self.settle(slot, found, seen).await? {
                Settled::Live(id, used) => live.push((id, used)),
                Settled::Unused(it, used) => {
                    live.push((it.id, used));
                    unused.push(it);
                }
                Settled::Ended(it) => ended.push(it),
                Settled::Done => {}
            }
        }
        let next = (page.len() == limit).then(|| page.into_iter().next_back()).flatten();
        Ok(Overdue { ended, live, unused, unreadable, next: next.map(|(key, _)| Cursor(key)) })
    }

    async fn settle(
        &self,
        slot: Slot,
        found: Typed<Stored>,
        seen: &(dyn Fn(&GrantId) -> Option<UnixTime> + Send + Sync),
    ) -> Result<Settled, StoreError> {
        let Typed { value: mut stored, revision } = found;
        let now = self.clock.now();
        let cause = if let Some(cause) = stored.ended {
            cause
        } else {
            let (known, listed) = (stored.last_used, stored.grants.len());
            stored.last_used = stored.keep_known(seen).max(known).min(now.max(known));
            match stored.liveness(now, &self.limits) {
                Liveness::Ended(cause) => {
                    stored = stored.end(cause);
                    // When somebody wrote at the same time, the next walk looks again.
                    if !self.replace(&slot, revision, &stored).await? {
                        return Ok(Settled::Done);
                    }
                    // Also without a grant: tokens of third parties rest on it, too.
                    return Ok(Settled::Ended(stored.ended_session(slot, cause)));
                }
                Liveness::Live { .. } if stored.to_end.is_empty() => {
                    let id = ThirdPartySessionId::new(slot, stored.epoch);
                    let used = stored.last_used > known + self.limits.idle_timeout / 50;
                    if used || stored.grants.len() < listed {
                        // When somebody wrote at the same time, the next walk looks again.
                        self.replace(&slot, revision, &stored).await?;
                    } else if stored.grants.is_empty() && now >= known + UNUSED_AFTER {
                        return Ok(Settled::Unused(UnusedSession { id, revision }, stored.last_used));
                    }
                    return Ok(Settled::Live(id, stored.last_used));
                }
                // Pushed out by a newer grant, or left over from the sign-in before.
                Liveness::Live { .. } => EndCause::Superseded,
            }
        };
        let nothing = stored.to_end.is_empty() && !stored.untidy;
        Ok(if nothing { Settled::Done } else { Settled::Ended(stored.ended_session(slot, cause)) })
    }
}

/// Whoever has just signed in may be on the way to a browser session and a grant.
const UNUSED_AFTER: Duration = Duration::from_secs(60);
