use oauth_types::Scope;

use super::{Circumstances, EndCause, Live, Outcome, Refusal, RotateCheck, State, Terms, ended};
use crate::KeyId;

impl Live {
    /// The refresh rule: the present generation rotates, the one before it is answered with the same successor for a
    /// while, and whatever else is authentic was used by somebody who must not have it.
    ///
    /// Only generations decide which of these it is; the time only ends the while.
    pub(super) fn rotate(
        self,
        terms: &Terms,
        presented: u64,
        key_id: KeyId,
        check: &RotateCheck<'_>,
        given: &Circumstances,
    ) -> Result<(State, Outcome), Refusal> {
        if *check.client_id != terms.client_id {
            return Err(Refusal::WrongClient);
        }
        // Before all that ends a grant: who has the token and not the key is no reason to.
        if !terms.opens_to(check.key) {
            return Err(Refusal::WrongKey);
        }
        if let Some(cause) = self.overdue(terms, given) {
            return Ok((ended(cause, given.now), Outcome::Refused(Refusal::Ended(cause))));
        }
        if presented == self.generation {
            return self.advance(terms, key_id, check, given);
        }
        if presented.checked_add(1) == Some(self.generation) && self.may_repeat(given) {
            return self.repeat(terms, check, given);
        }
        let cause =
            if presented > self.generation { EndCause::StoreRolledBack } else { EndCause::RefreshReuse };
        Ok((ended(cause, given.now), Outcome::Refused(Refusal::Ended(cause))))
    }

    fn advance(
        self,
        terms: &Terms,
        key_id: KeyId,
        check: &RotateCheck<'_>,
        given: &Circumstances,
    ) -> Result<(State, Outcome), Refusal> {
        let scope = permitted(terms, check, given)?;
        let generation = self.generation.checked_add(1).ok_or(Refusal::Expired)?;
        let last_used_at = self.last_used_at.max(given.now);
        let next = Self { generation, rotated_at: given.now, key_id, last_used_at, ..self };
        Ok((State::Live(next), Outcome::Granted { generation, key_id, scope, bound_to: check.key }))
    }

    /// The successor is out already, unused as far as we know; nothing changes.
    fn repeat(
        self,
        terms: &Terms,
        check: &RotateCheck<'_>,
        given: &Circumstances,
    ) -> Result<(State, Outcome), Refusal> {
        let scope = permitted(terms, check, given)?;
        let (generation, key_id) = (self.generation, self.key_id);
        Ok((State::Live(self), Outcome::Granted { generation, key_id, scope, bound_to: check.key }))
    }

    /// Whether the rotation was less than the retry window ago.
    ///
    /// A clock that was set back by more than the window ends it too, so that nobody can stretch it.
    fn may_repeat(&self, given: &Circumstances) -> bool {
        let since = given.now.saturating_since(self.rotated_at);
        let back = self.rotated_at.saturating_since(given.now);
        since.max(back) < given.retry_window
    }
}

/// What does not depend on the generation.
fn permitted(terms: &Terms, check: &RotateCheck<'_>, given: &Circumstances) -> Result<Scope, Refusal> {
    if !terms.refreshable || terms.is_nearly_over(given.now) {
        return Err(Refusal::Expired);
    }
    if !terms.covers(check.resources) {
        return Err(Refusal::WrongResource);
    }
    narrowed(&terms.scope, check.scope).ok_or(Refusal::WrongScope)
}

/// What of `asked` was granted; asking for more is no error as long as something is left.
///
/// `offline_access` says nothing about access, so who asks for nothing else asks for everything.
fn narrowed(granted: &Scope, asked: Option<&Scope>) -> Option<Scope> {
    let Some(asked) = asked.filter(|it| it.iter().any(|token| token.as_str() != "offline_access")) else {
        return Some(granted.clone());
    };
    let scope: Scope = granted.iter().filter(|it| asked.contains(it)).cloned().collect();
    (!scope.is_empty() || granted.is_empty()).then_some(scope)
}
