use oauth_types::Principal;
use storage::StoreError;

use super::{
    ATTEMPTS, EndCause, EndedSession, Liveness, ThirdPartySessionId, ThirdPartySessions, contended, id::Slot,
};

impl ThirdPartySessions {
    /// Ends the session, at once and for good, and answers the grants that have to end with it.
    ///
    /// When it had ended before, the answer names what may still have to be done, and the first cause;
    /// `None` when nobody knows the session or another has taken its place.
    /// Once the grants have ended, say so with [`ThirdPartySessions::forget_grants`].
    ///
    /// # Errors
    /// When the store gives no answer.
    pub async fn end(
        &self,
        id: &ThirdPartySessionId,
        cause: EndCause,
    ) -> Result<Option<EndedSession>, StoreError> {
        for _ in 0..ATTEMPTS {
            let found = self.read(id.slot()).await?.filter(|it| it.value.epoch == *id.epoch());
            let Some(found) = found else {
                return Ok(None);
            };
            if let Some(first) = found.value.ended {
                return Ok(Some(found.value.ended_session(*id.slot(), first)));
            }
            let cause = match found.value.liveness(self.clock.now(), &self.limits) {
                Liveness::Live { .. } => cause,
                Liveness::Ended(timeout) => timeout,
            };
            let next = found.value.end(cause);
            if self.replace(id.slot(), found.revision, &next).await? {
                return Ok(Some(next.ended_session(*id.slot(), cause)));
            }
        }
        Err(contended())
    }

    /// Ends every session of a person: all of them, or the one that the third party calls `sid`.
    ///
    /// # Errors
    /// When the store gives no answer; some sessions may have ended by then, and the call may be repeated.
    pub async fn end_for_principal(
        &self,
        principal: &Principal,
        sid: Option<&str>,
        cause: EndCause,
    ) -> Result<Vec<EndedSession>, StoreError> {
        let only = sid.map(|it| Slot::new(principal, Some(it)));
        let mut ended = Vec::new();
        for (slot, found) in self.slots_of(principal).await? {
            if only.is_none_or(|it| it == slot) {
                let id = ThirdPartySessionId::new(slot, found.value.epoch);
                ended.extend(self.end(&id, cause).await?);
            }
        }
        Ok(ended)
    }
}
