use oauth_types::GrantId;
use storage::{StoreError, Versioned};

use super::{
    GrantEnded, GrantError, IssuedTokens, Refusal, Shared, Unavailable, record,
    state::{Ended, Grant, State},
    step::{Circumstances, Event, Outcome},
};
use crate::liveness::Doubt;

impl Shared {
    /// Lets `event` happen to a grant: reads it, makes the step, prepares the answer, stores the next state unless
    /// somebody else was faster, and only then gives the answer.
    pub(super) async fn transition(
        &self,
        id: GrantId,
        event: &Event<'_>,
    ) -> Result<Option<IssuedTokens>, GrantError> {
        for _ in 0..ATTEMPTS {
            let doubts = self.index.doubts(&id);
            let Some(found) = self.parts.store.get(record::TABLE, &record::key(&id)).await? else {
                return Err(Refusal::Unknown.into());
            };
            let before = record::decode(&found.record.body).map_err(|_| Unavailable::Record(id))?;
            if let State::Ended(ended) = before.state {
                // Whoever ended it may have been stopped before it came to this.
                self.forget(id, &before, ended, Who::Somebody);
            }
            let given = self.circumstances(&id);
            let (after, outcome) = before.clone().step(event, &given)?;
            let tokens = self.tokens(id, &after.terms, &outcome, event.memberships(), given.now)?;
            let writes = after != before || event.always_writes();
            if writes && !self.replace(&id, &found, &before, &after).await? {
                continue;
            }
            self.follow(id, &before, &after);
            if writes {
                self.index.settle(&id, doubts);
            }
            return match outcome {
                Outcome::Refused(refusal) => Err(refusal.into()),
                Outcome::Granted { .. } | Outcome::Done => Ok(tokens),
            };
        }
        Err(Unavailable::Contended.into())
    }

    pub(super) fn circumstances(&self, id: &GrantId) -> Circumstances {
        Circumstances {
            now: self.parts.clock.now(),
            seen_at: self.index.seen_at(id),
            retry_window: self.settings.retry_window,
            idle_timeout: self.settings.idle_timeout,
            access_token_lifetime: self.settings.access_token_lifetime,
        }
    }

    async fn replace(
        &self,
        id: &GrantId,
        found: &Versioned,
        before: &Grant,
        after: &Grant,
    ) -> Result<bool, StoreError> {
        let (key, next) = (record::key(id), record::encode(after));
        // The store goes on when nobody waits for it any more.
        let under_way = self.index.begin(id, doubt(before, after));
        let mut stored =
            self.parts.store.compare_and_swap(record::TABLE, &key, found.revision, next.clone()).await;
        if matches!((&stored, &after.state), (Err(StoreError::Io(_)), State::Ended(_))) {
            // It may have been done. An end that was is told; nothing else may be taken for done, because another
            // request could have done just the same.
            if let Ok(Some(now)) = self.parts.store.get(record::TABLE, &key).await
                && now.record == next
            {
                stored = Ok(true);
            }
        }
        if !matches!(stored, Err(StoreError::Io(_))) {
            under_way.known();
        }
        stored
    }

    /// What must happen in this process once the next state is stored.
    fn follow(&self, id: GrantId, before: &Grant, after: &Grant) {
        match &after.state {
            State::CodeIssued(_) => {}
            State::Live(live) => self.index.activate(&id, after.terms.expires_at, live.last_used_at),
            State::Ended(ended) => self.forget(id, before, *ended, Who::We),
        }
    }

    /// Forgets a grant whose end is stored, and tells of it unless somebody has.
    fn forget(&self, id: GrantId, grant: &Grant, ended: Ended, by: Who) {
        let known = self.index.end(&id);
        let tells = match (&self.following, by) {
            (None, _) => known.is_some(),
            (Some(_), Who::We) => true,
            // Another process has told of its own end; one that may be ours is told of in any case.
            (Some(_), Who::Somebody) => known.is_some_and(|it| it.doubtful),
        };
        if !tells {
            return;
        }
        let was_live = known.is_some_and(|it| it.live);
        let terms = grant.terms.clone();
        self.parts.events.ended(&GrantEnded {
            grant: id,
            cause: ended.cause,
            at: ended.at,
            client_id: terms.client_id,
            principal: terms.principal,
            session: terms.session,
            had_tokens: was_live || matches!(grant.state, State::Live(_)),
        });
    }
}

/// Who has stored an end.
#[derive(Clone, Copy, Debug)]
enum Who {
    /// This very call.
    We,
    /// Another call, or another process.
    Somebody,
}

/// What is not known when nobody learns whether this step was stored.
fn doubt(before: &Grant, after: &Grant) -> Doubt {
    match (&before.state, &after.state) {
        (_, State::Ended(_)) => Doubt::Ended,
        (State::CodeIssued(_), State::Live(_)) => Doubt::Redeemed,
        _ => Doubt::None,
    }
}

/// Each lost attempt is another request's success, and few of them can follow each other on one grant.
const ATTEMPTS: usize = 128;
