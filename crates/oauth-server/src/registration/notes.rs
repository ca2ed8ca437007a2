use std::time::Duration;

use oauth_types::ClientId;
use storage::StoreError;

use super::{Registrations, index::Facts, record::Stored};

impl Registrations {
    /// Notes that a client was used, or else only that it registered again.
    ///
    /// At most one write in an hour, but for the first use.
    pub(crate) async fn note(&self, id: &ClientId, is_use: bool) {
        let now = self.inner.clock.now();
        let before = self.inner.index.get(id);
        let is_noted = before
            .is_some_and(|it| (it.is_used || !is_use) && it.seen_at <= now && now < it.seen_at + INTERVAL);
        if is_noted {
            return;
        }
        // Noted in memory first, so that of many uses at one time one writes.
        let is_used = is_use || before.is_some_and(|it| it.is_used);
        self.inner.index.set(id, Some(Facts { seen_at: now, is_used }));
        match self.write_note(id, is_use).await {
            Ok(stored) => self.inner.index.set(id, stored.map(|it| it.facts())),
            Err(error) => {
                self.inner.index.set(id, before);
                tracing::warn!(client.id = %id, error = &error as &dyn std::error::Error, "use of a client not noted");
            }
        }
    }

    async fn write_note(&self, id: &ClientId, is_use: bool) -> Result<Option<Stored>, StoreError> {
        for _ in 0..ATTEMPTS {
            let living = self.load(id).await?.filter(|it| !it.stored.is_deleted);
            let Some(found) = living else { return Ok(None) };
            let seen_at = self.inner.clock.now();
            let stored = Stored { seen_at, is_used: is_use || found.stored.is_used, ..found.stored.clone() };
            if self.replace(id, &found, &stored).await? {
                return Ok(Some(stored));
            }
        }
        Err(StoreError::Unavailable("the record changes all the time".to_owned()))
    }
}

/// How exact the time of the last use is.
pub(super) const INTERVAL: Duration = Duration::from_secs(3600);

const ATTEMPTS: usize = 3;
