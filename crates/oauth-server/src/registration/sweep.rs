use oauth_types::{ClientId, UnixTime};
use storage::Key;

use super::{Registrations, TABLE, error::RegistrationsUnavailable, record::Found};
use crate::Client;

/// A registered client, for the operator to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegisteredClient {
    /// The client.
    pub client: Client,
    /// `client_id_issued_at`.
    pub issued_at: UnixTime,
    /// The last use, or else the last registration; exact to an hour.
    pub seen_at: UnixTime,
    /// Whether a person ever approved it.
    pub is_used: bool,
}

impl Registrations {
    /// Removes the clients that have lived long enough and hold no grant, and finishes what was left half done;
    /// answers how many are gone. To be called now and then, for instance each ten minutes.
    ///
    /// Their records are left to the sweep of the store, which has to be called as well.
    ///
    /// # Errors
    /// [`RegistrationsUnavailable`] as soon as the store or the grants fail; the next call goes on from there.
    pub async fn sweep(&self) -> Result<usize, RegistrationsUnavailable> {
        let mut gone = 0;
        let now = self.inner.clock.now();
        for (id, found) in self.refresh_index().await? {
            let is_gone = if found.stored.is_deleted {
                self.finish_deletion(&id, &found).await?
            } else {
                self.is_over(found.stored.facts(), now) && self.let_go(&id, &found).await?
            };
            gone += usize::from(is_gone);
        }
        Ok(gone)
    }

    /// Up to `limit` clients in the order of their `client_id`, those after `after` if given.
    ///
    /// # Errors
    /// [`RegistrationsUnavailable`] when the store fails.
    pub async fn list(
        &self,
        after: Option<&ClientId>,
        limit: usize,
    ) -> Result<Vec<RegisteredClient>, RegistrationsUnavailable> {
        let after = after.and_then(super::key);
        let page = self.page(after.as_ref(), limit).await?;
        let living = page.into_iter().filter(|(_, it)| !it.stored.is_deleted);
        Ok(living.map(|(id, found)| RegisteredClient::of(&id, &found)).collect())
    }

    /// Deletes a client and ends its grants, as the operator wishes; `false` means that there is none.
    ///
    /// # Errors
    /// [`RegistrationsUnavailable`] when the store or the grants fail; then it can be repeated.
    pub async fn remove(&self, id: &ClientId) -> Result<bool, RegistrationsUnavailable> {
        let Some(found) = self.load(id).await? else { return Ok(false) };
        self.delete_found(id, found).await?;
        Ok(true)
    }

    /// Reads every client anew, as other replicas register and remove them too; answers those whose time may be over.
    pub(super) async fn refresh_index(&self) -> Result<Vec<(ClientId, Found)>, RegistrationsUnavailable> {
        let now = self.inner.clock.now();
        let mut unseen = self.inner.index.ids();
        let mut over = Vec::new();
        let mut after = None;
        loop {
            let page = self.page(after.as_ref(), PAGE).await?;
            let Some((last, _)) = page.last() else { break };
            after = super::key(last);
            for (id, found) in page.into_iter().filter(|(_, it)| !it.is_over) {
                let facts = found.stored.facts();
                unseen.remove(&id);
                self.inner.index.set(&id, Some(facts));
                if found.stored.is_deleted || self.is_over(facts, now) {
                    over.push((id, found));
                }
            }
        }
        // One that was registered while we read was not there before.
        for id in unseen {
            self.inner.index.set(&id, None);
        }
        Ok(over)
    }

    async fn page(
        &self,
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Vec<(ClientId, Found)>, RegistrationsUnavailable> {
        let now = self.inner.clock.now();
        let mut page = Vec::new();
        for (key, found) in self.inner.store.scan(TABLE, after, limit).await? {
            let id = str::from_utf8(key.as_bytes()).ok().and_then(|it| it.parse().ok());
            let id = id.ok_or_else(|| storage::StoreError::Corrupt("a client_id is no text".to_owned()))?;
            page.push((id, Found::read(&found, now)?));
        }
        Ok(page)
    }
}

impl RegisteredClient {
    fn of(id: &ClientId, found: &Found) -> Self {
        let stored = &found.stored;
        Self {
            client: stored.known(id).client,
            issued_at: stored.issued_at,
            seen_at: stored.seen_at,
            is_used: stored.is_used,
        }
    }
}

const PAGE: usize = 256;
