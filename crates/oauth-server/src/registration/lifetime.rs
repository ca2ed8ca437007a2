use oauth_types::{ClientId, UnixTime};

use super::{
    Registrations,
    error::RegistrationsUnavailable,
    index::Facts,
    record::{Found, Stored},
};

impl Registrations {
    /// Lets one client go that was never used, the oldest first; `false` means that none may.
    pub(super) async fn evict_one(&self) -> Result<bool, RegistrationsUnavailable> {
        let until = self.inner.clock.now() - self.inner.settings.sign_in_time;
        for id in self.inner.index.oldest_unused(until, CANDIDATES) {
            let Some(found) = self.load(&id).await? else {
                self.inner.index.set(&id, None);
                return Ok(true);
            };
            let facts = found.stored.facts();
            if facts.is_used || facts.seen_at > until {
                // Another replica knows better.
                self.inner.index.set(&id, Some(facts));
            } else if self.let_go(&id, &found).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Removes a client that holds no grant; `false` means that it does, or that it was used just now.
    pub(super) async fn let_go(
        &self,
        id: &ClientId,
        found: &Found,
    ) -> Result<bool, RegistrationsUnavailable> {
        if self.inner.grants.has_grants(id).await? {
            // Its use was not noted; next time others come first.
            self.inner.index.set(id, Some(Facts { is_used: true, ..found.stored.facts() }));
            return Ok(false);
        }
        // In one step, so that nothing is left half done and a client that was used meanwhile stays.
        if !self.discard(id, found).await? {
            return Ok(false);
        }
        self.inner.index.set(id, None);
        tracing::debug!(client.id = %id, "registered client expired");
        Ok(true)
    }

    /// Deletes a client and ends its grants. First it is nobody's, so that it gets no new ones meanwhile.
    pub(super) async fn delete_found(
        &self,
        id: &ClientId,
        found: Found,
    ) -> Result<(), RegistrationsUnavailable> {
        let marked = if found.stored.is_deleted {
            found
        } else {
            if !self.replace(id, &found, &Stored { is_deleted: true, ..found.stored.clone() }).await? {
                return Err(RegistrationsUnavailable("the client was changed meanwhile".into()));
            }
            let Some(marked) = self.load(id).await? else { return Ok(()) };
            marked
        };
        self.finish_deletion(id, &marked).await?;
        Ok(())
    }

    /// Ends the grants of a client that is marked as deleted, and discards it.
    ///
    /// One that registered anew since it was found is left alone: then the answer is `false`.
    pub(super) async fn finish_deletion(
        &self,
        id: &ClientId,
        marked: &Found,
    ) -> Result<bool, RegistrationsUnavailable> {
        let is_same = |it: Found| it.revision == marked.revision && it.stored.is_deleted;
        if !self.load(id).await?.is_some_and(is_same) {
            return Ok(false);
        }
        self.inner.grants.end_grants(id).await?;
        let is_gone = self.discard(id, marked).await?;
        if is_gone {
            self.inner.index.set(id, None);
        }
        Ok(is_gone)
    }

    /// Whether a client has lived long enough, unless it holds grants.
    pub(super) fn is_over(&self, facts: Facts, now: UnixTime) -> bool {
        let settings = &self.inner.settings;
        let lifetime = if facts.is_used { settings.idle_lifetime } else { settings.unused_lifetime };
        facts.seen_at + lifetime <= now
    }
}

impl Stored {
    pub(super) const fn facts(&self) -> Facts {
        Facts { seen_at: self.seen_at, is_used: self.is_used }
    }
}

/// How many clients are looked at to find one that may go.
const CANDIDATES: usize = 16;
