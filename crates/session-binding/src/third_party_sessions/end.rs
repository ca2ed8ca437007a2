use oauth_types::{Principal, ProviderId};
use storage::StoreError;

use super::{
    ATTEMPTS, EndCause, EndedSession, Liveness, TABLE, ThirdPartySessionId, ThirdPartySessions,
    UnusedSession, contended, id::Slot, session::Stored,
};
use crate::record::Typed;

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

    /// Ends a session that nothing needs any more, in the eyes of the caller either.
    ///
    /// `None` if anything was done with it since the walk came by: it may be needed again, and the next walk looks again.
    ///
    /// # Errors
    /// When the store gives no answer.
    pub async fn end_unused(&self, unused: &UnusedSession) -> Result<Option<EndedSession>, StoreError> {
        let slot = unused.id().slot();
        let found = self.read(slot).await?.filter(|it| it.revision == unused.revision);
        let Some(found) = found else { return Ok(None) };
        let next = found.value.end(EndCause::Unused);
        let ended = self.replace(slot, found.revision, &next).await?;
        Ok(ended.then(|| next.ended_session(*slot, EndCause::Unused)))
    }

    /// Notes that nothing is left of what rested on a session which has ended: neither grants nor what was kept of it
    /// elsewhere. Until then a walk names it again.
    ///
    /// # Errors
    /// When the store gives no answer; the next walk names it once more, which does no harm.
    pub async fn tidied(&self, id: &ThirdPartySessionId) -> Result<(), StoreError> {
        for _ in 0..ATTEMPTS {
            let found = self.read(id.slot()).await?.filter(|it| it.value.epoch == *id.epoch());
            let Some(found) = found.filter(|it| it.value.untidy) else { return Ok(()) };
            let tidy = Stored { untidy: false, ..found.value };
            if self.replace(id.slot(), found.revision, &tidy).await? {
                return Ok(());
            }
        }
        Err(contended())
    }

    /// Ends every session of a person: all of them, or the one that the third party calls `sid`.
    ///
    /// With `sid`, a session to which the third party had given no name ends too: it may be the one that is meant.
    ///
    /// # Errors
    /// When the store gives no answer; some sessions may have ended by then, and the call may be repeated.
    pub async fn end_for_principal(
        &self,
        principal: &Principal,
        sid: Option<&str>,
        cause: EndCause,
    ) -> Result<Vec<EndedSession>, StoreError> {
        let only = sid.map(|it| [Slot::new(principal, Some(it)), Slot::new(principal, None)]);
        let mut ended = Vec::new();
        for (slot, found) in self.slots_of(principal).await? {
            if only.is_none_or(|it| it.contains(&slot)) {
                let id = ThirdPartySessionId::new(slot, found.value.epoch);
                ended.extend(self.end(&id, cause).await?);
            }
        }
        Ok(ended)
    }

    /// Ends what a third party calls `sid`, whoever's it is: for a sign-out that names no person.
    ///
    /// Goes over all sessions.
    ///
    /// # Errors
    /// When the store gives no answer; the call may be repeated.
    pub async fn end_for_sid(
        &self,
        provider: &ProviderId,
        sid: &str,
        cause: EndCause,
    ) -> Result<Vec<EndedSession>, StoreError> {
        let (mut after, mut ended) = (None, Vec::new());
        loop {
            let page = self.store.scan(TABLE, after.as_ref(), PAGE).await?;
            for (key, found) in &page {
                let Some(slot) = Slot::from_key(key).filter(|it| it.is_of_sid(sid)) else { continue };
                let Typed::<Stored> { value: stored, .. } = Typed::read(TABLE, found)?;
                if stored.principal.provider == *provider {
                    ended.extend(self.end(&ThirdPartySessionId::new(slot, stored.epoch), cause).await?);
                }
            }
            match page.into_iter().next_back() {
                Some((last, _)) => after = Some(last),
                None => return Ok(ended),
            }
        }
    }
}

const PAGE: usize = 1024;
