use oauth_types::GrantId;
use storage::{StoreError, Versioned};

use super::{
    GrantEnded, GrantError, IssuedTokens, Refusal, Shared, Unavailable, record,
    state::{Ended, Grant, State},
    step::{Circumstances, Event, Outcome},
};

impl Shared {
    /// Lets `event` happen to a grant: reads it, makes the step, prepares the answer, stores the next state unless
    /// somebody else was faster, and only then gives the answer.
    pub(super) async fn transition(
        &self,
        id: GrantId,
        event: &Event<'_>,
    ) -> Result<Option<IssuedTokens>, GrantError> {
        for _ in 0..ATTEMPTS {
            let Some(found) = self.parts.store.get(record::TABLE, &record::key(&id)).await? else {
                return Err(Refusal::Unknown.into());
            };
            let before = record::decode(&found.record.body).map_err(|_| Unavailable::Record(id))?;
            if matches!(before.state, State::Ended(_)) {
                // Whoever ended it may have been stopped before it came to this.
                self.index.end(&id);
            }
            let given = self.circumstances(&id);
            let (after, outcome) = before.clone().step(event, &given)?;
            let tokens = self.tokens(id, &after.terms, &outcome, given.now)?;
            if after != before && !self.replace(&id, &found, &after).await? {
                continue;
            }
            self.follow(id, &before, &after);
            return match outcome {
                Outcome::Refused(refusal) => Err(refusal.into()),
                Outcome::Granted { .. } | Outcome::Done => Ok(tokens),
            };
        }
        Err(Unavailable::Contended.into())
    }

    fn circumstances(&self, id: &GrantId) -> Circumstances {
        Circumstances {
            now: self.parts.clock.now(),
            seen_at: self.index.seen_at(id),
            retry_window: self.settings.retry_window,
            idle_timeout: self.settings.idle_timeout,
            access_token_lifetime: self.settings.access_token_lifetime,
        }
    }

    async fn replace(&self, id: &GrantId, found: &Versioned, after: &Grant) -> Result<bool, StoreError> {
        let (key, next) = (record::key(id), record::encode(after));
        let stored =
            self.parts.store.compare_and_swap(record::TABLE, &key, found.revision, next.clone()).await;
        match stored {
            // It may have been done. An end that was is told; nothing else may be taken for done, because another
            // request could have done just the same.
            Err(StoreError::Io(error)) if matches!(after.state, State::Ended(_)) => {
                match self.parts.store.get(record::TABLE, &key).await {
                    Ok(Some(now)) if now.record == next => Ok(true),
                    _ => Err(StoreError::Io(error)),
                }
            }
            other => other,
        }
    }

    /// What must happen in this process once the next state is stored.
    fn follow(&self, id: GrantId, before: &Grant, after: &Grant) {
        match (&before.state, &after.state) {
            (State::CodeIssued(_), State::Live(live)) => {
                self.index.activate(&id, after.terms.expires_at, live.last_used_at);
            }
            (_, State::Live(live)) => self.index.saved(&id, live.last_used_at),
            (_, State::Ended(ended)) => {
                self.index.end(&id);
                self.parts.events.ended(&event(id, before, *ended));
            }
            (_, State::CodeIssued(_)) => {}
        }
    }
}

fn event(grant: GrantId, before: &Grant, ended: Ended) -> GrantEnded {
    let terms = before.terms.clone();
    GrantEnded {
        grant,
        cause: ended.cause,
        at: ended.at,
        client_id: terms.client_id,
        principal: terms.principal,
        session: terms.session,
        had_tokens: matches!(before.state, State::Live(_)),
    }
}

/// Each lost attempt is another request's success, and few of them can follow each other on one grant.
const ATTEMPTS: usize = 128;
