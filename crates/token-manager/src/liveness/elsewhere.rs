//! What other processes that share the store do to grants.

use std::{
    collections::HashMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    time::Duration,
};

use oauth_types::{GrantId, UnixTime};

use super::{Doubt, Entry, Index, Told, seconds};

/// What an index must know when others change the records too.
#[derive(Debug, Default)]
pub(super) struct Elsewhere {
    /// How many looks at what others changed have begun.
    looks: AtomicU64,
    /// Ends that a look may still contradict, each with the number of looks that had begun before it.
    ended: Mutex<HashMap<GrantId, u64>>,
    /// When a grant was first asked for that is not known here.
    missed: Mutex<HashMap<GrantId, u32>>,
}

/// One look at what others changed.
#[derive(Debug)]
#[must_use = "what it finds is to be told to the index"]
pub(crate) struct Look(u64);

impl Index {
    /// Begins a look; to be called before the store is asked.
    ///
    /// Whatever ended here before is in the store as ended, so this look and later ones do not say otherwise.
    pub(crate) fn begin_look(&self) -> Look {
        Look(self.elsewhere.as_ref().map_or(0, |it| it.looks.fetch_add(1, SeqCst) + 1))
    }

    /// Notes what a look found of one grant; one that has ended here stays so.
    pub(crate) fn note(&self, id: GrantId, told: &Told) {
        match *told {
            // An end that may be of this process is refused already, and has to be told of by whoever finds that out.
            Told::Ended => drop(self.end_unless(&id, |it| it.doubt == Doubt::Ended)),
            Told::CodeIssued { expires_at, facets } => self.add(id, Entry::of_code(expires_at, facets)),
            Told::Live { expires_at, used_at, facets } => {
                self.add(id, Entry::of_live(expires_at, used_at, facets));
                self.activate(&id, expires_at, used_at);
            }
        }
    }

    /// Adds what another process has made, unless it is here, or has ended.
    fn add(&self, id: GrantId, entry: Entry) {
        let mut shard = self.write(&id);
        // Whoever ends it notes that first, and takes this lock then to remove it.
        if self.elsewhere.as_ref().is_some_and(|it| !it.has_ended(&id)) {
            shard.entries.entry(id).or_insert(entry);
        }
    }

    /// Ends a look of which everything was noted.
    pub(crate) fn end_look(&self, look: Look, now: UnixTime) {
        let Some(elsewhere) = &self.elsewhere else { return };
        elsewhere.ended().retain(|_, begun| *begun >= look.0);
        let oldest = seconds(now).saturating_sub(KEEP_MISSED);
        elsewhere.missed().retain(|_, since| *since >= oldest);
    }
}

impl Elsewhere {
    /// To be called with every end that happens here, after it was stored.
    pub(super) fn note_end(&self, id: GrantId) {
        let begun = self.looks.load(SeqCst);
        self.ended().insert(id, begun);
    }

    /// Whether a grant that is not known here may be on its way to the store from elsewhere.
    ///
    /// Its id is drawn and written down before it is there.
    pub(super) fn may_come(&self, id: &GrantId, now: UnixTime) -> bool {
        if self.has_ended(id) {
            return false;
        }
        let since = *self.missed().entry(*id).or_insert(seconds(now));
        now.saturating_since(UnixTime::from_seconds(since.into())) < COMES_WITHIN
    }

    /// How many ends are kept.
    #[cfg(test)]
    pub(super) fn kept(&self) -> usize {
        self.ended().len()
    }

    fn has_ended(&self, id: &GrantId) -> bool {
        self.ended().contains_key(id)
    }

    fn ended(&self) -> std::sync::MutexGuard<'_, HashMap<GrantId, u64>> {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn missed(&self) -> std::sync::MutexGuard<'_, HashMap<GrantId, u32>> {
        self.missed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Longer than any request that draws an id is under way.
const COMES_WITHIN: Duration = Duration::from_secs(600);
/// Seconds.
const KEEP_MISSED: u32 = 1200;
