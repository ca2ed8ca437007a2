use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};

use oauth_types::{ClientId, GrantId};

/// The grants of clients that act for themselves, oldest first.
///
/// Such a client can ask for a token with each request, and each is a grant until its time is over.
#[derive(Debug, Default)]
pub(super) struct Machines(Mutex<HashMap<ClientId, VecDeque<GrantId>>>);

impl Machines {
    /// Notes a grant, and answers those that are one too many; `lives` tells which count.
    pub(super) fn add(
        &self,
        client: &ClientId,
        grant: GrantId,
        most: usize,
        lives: impl Fn(&GrantId) -> bool,
    ) -> Vec<GrantId> {
        let mut all = self.all();
        let grants = all.entry(client.clone()).or_default();
        grants.push_back(grant);
        if grants.len() > most {
            grants.retain(lives);
        }
        let surplus = grants.len().saturating_sub(most);
        grants.drain(..surplus).collect()
    }

    /// Notes a grant that another process made; `lives` tells which of those that were noted before still count.
    ///
    /// Whoever makes grants ends what is one too many, so nothing is answered here.
    pub(super) fn note(&self, client: &ClientId, grant: GrantId, lives: impl Fn(&GrantId) -> bool) {
        let mut all = self.all();
        let grants = all.entry(client.clone()).or_default();
        // Now and then only, as their number grows.
        if grants.len() >= FEW && grants.len().is_power_of_two() {
            grants.retain(lives);
        }
        grants.push_back(grant);
    }

    /// How many grants of a client are noted.
    #[cfg(test)]
    pub(super) fn noted(&self, client: &ClientId) -> usize {
        self.all().get(client).map_or(0, VecDeque::len)
    }

    /// Takes back one that has not ended after all.
    pub(super) fn put_back(&self, client: &ClientId, grant: GrantId) {
        self.all().entry(client.clone()).or_default().push_front(grant);
    }

    fn all(&self) -> MutexGuard<'_, HashMap<ClientId, VecDeque<GrantId>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Grants of a client that may stay noted after they have ended.
const FEW: usize = 64;
