use storage::{Key, StoreError};

use super::{EndedSession, Liveness, TABLE, ThirdPartySessions, id::Slot, session::Stored};
use crate::record::Typed;

/// Where a walk over the sessions goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor(Key);

/// What one step of the walk found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overdue {
    /// Sessions whose grants have to end: timed out now, or ended before by somebody who did not get further.
    pub ended: Vec<EndedSession>,
    /// Where to go on; `None` at the end.
    pub next: Option<Cursor>,
}

impl ThirdPartySessions {
    /// Looks at up to `limit` sessions after `after`: ends those that timed out, and names all grants that have to end.
    ///
    /// Meant for a background task, and for the start after a crash.
    /// Grants stay named until [`ThirdPartySessions::forget_grants`].
    ///
    /// # Errors
    /// When the store gives no answer.
    pub async fn overdue(&self, after: Option<&Cursor>, limit: usize) -> Result<Overdue, StoreError> {
        let page = self.store.scan(TABLE, after.map(|it| &it.0), limit).await?;
        let mut ended = Vec::new();
        for (key, found) in &page {
            if let Some(slot) = Slot::from_key(key) {
                ended.extend(self.settle(slot, Typed::read(TABLE, found)?).await?);
            }
        }
        let next = (page.len() == limit).then(|| page.into_iter().next_back()).flatten();
        Ok(Overdue { ended, next: next.map(|(key, _)| Cursor(key)) })
    }

    async fn settle(&self, slot: Slot, found: Typed<Stored>) -> Result<Option<EndedSession>, StoreError> {
        let liveness = found.value.liveness(self.clock.now(), &self.limits);
        let (stored, cause) = match (found.value.ended, liveness) {
            (None, Liveness::Ended(cause)) => {
                let next = found.value.end(cause);
                // When somebody wrote at the same time, the next walk looks again.
                if !self.replace(&slot, found.revision, &next).await? {
                    return Ok(None);
                }
                (next, cause)
            }
            (Some(cause), _) => (found.value, cause),
            // Pushed out by a newer grant, or left over from the sign-in before.
            (None, Liveness::Live { .. }) => (found.value, super::EndCause::Superseded),
        };
        Ok((!stored.to_end.is_empty()).then(|| stored.ended_session(slot, cause)))
    }
}
