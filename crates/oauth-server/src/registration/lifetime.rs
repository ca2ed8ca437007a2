use oauth_types::{ClientId, UnixTime};

use super::{
    Registrations, TABLE,
    error::RegistrationsUnavailable,
    index::Facts,
    key,
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
        if !self.replace(id, found, &Stored { is_deleted: true, ..found.stored.clone() }).await? {
            return Ok(false);
        }
        self.remove_record(id).await?;
        tracing::debug!(client.id = %id, "registered client expired");
        Ok(true)
    }

    /// Deletes a client and ends its grants. First it is nobody's, so that it gets no new ones meanwhile.
    pub(super) async fn delete_found(
        &self,
        id: &ClientId,
        found: &Found,
    ) -> Result<(), RegistrationsUnavailable> {
        if !found.stored.is_deleted
            && !self.replace(id, found, &Stored { is_deleted: true, ..found.stored.clone() }).await?
        {
            return Err(RegistrationsUnavailable("the client was changed meanwhile".into()));
        }
        self.inner.grants.end_grants(id).await?;
        self.remove_record(id).await
    }

    async fn remove_record(&self, id: &ClientId) -> Result<(), RegistrationsUnavailable> {
        if let Some(key) = key(id) {
            self.inner.store.remove(TABLE, &key).await?;
        }
        self.inner.index.set(id, None);
        Ok(())
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
