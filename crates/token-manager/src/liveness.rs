//! Which grants live, in memory.

mod doubt;
mod drawn;
mod elsewhere;
mod watch;

use std::{
    collections::{HashMap, HashSet},
    hash::{BuildHasherDefault, DefaultHasher, Hash, Hasher},
    sync::{
        PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    time::Duration,
};

pub(crate) use doubt::Doubt;
pub(crate) use drawn::Drawn;
use elsewhere::Elsewhere;
use oauth_types::{GrantId, UnixTime};
pub use watch::GrantWatch;
use watch::Watch;

/// Whether tokens of a grant are good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Liveness {
    /// They are, if they are valid otherwise.
    Live,
    /// They are not: the grant has ended, or there is no such grant.
    Ended,
    /// Nobody can tell: the store that other processes write to has not been heard of for too long.
    Unknown,
}

/// Every grant that has not ended, in 44 bytes each and what the hash table leaves free.
///
/// An entry is made before the grant's record, becomes live after its code was redeemed, and is removed after the
/// grant has ended. Nothing but the making of a code adds an entry, and a look at what other processes made, which
/// adds none that has ended here: whatever order racing requests come in, a grant that has ended cannot come back.
#[derive(Debug)]
pub(crate) struct Index {
    shards: Box<[RwLock<Shard>]>,
    idle_timeout: Duration,
    /// Seconds of use that a record need not know yet.
    save_use_after: u32,
    /// If other processes change the records too.
    elsewhere: Option<Elsewhere>,
}

/// What a record says of its grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// The code is out.
    CodeIssued {
        /// When the code is over.
        expires_at: UnixTime,
        facets: Facets,
    },
    /// The grant lives.
    Live {
        /// When it is over.
        expires_at: UnixTime,
        used_at: UnixTime,
        facets: Facets,
    },
    /// It is over.
    Ended,
}

/// What was known of a grant that has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WasKnown {
    /// Whether it was live.
    pub(crate) live: bool,
    /// Whether this process may have ended it without having seen that it was done.
    pub(crate) doubtful: bool,
}

#[derive(Debug, Default)]
struct Shard {
    entries: HashMap<GrantId, Entry, BuildHasherDefault<RandomAlready>>,
    watches: HashMap<GrantId, Watch>,
    drawn: HashSet<GrantId, BuildHasherDefault<RandomAlready>>,
}

/// The hash of an id: half of it, as ids are random and ours alone (nobody else's id ever becomes an entry).
#[derive(Debug, Default)]
struct RandomAlready(u64);

/// Times are seconds since 1970, good until 2106.
#[derive(Debug)]
struct Entry {
    live: bool,
    doubt: Doubt,
    /// How many doubts there have been, so that a new one is not taken for one that was cleared up.
    doubts: u16,
    /// When the code, or else the grant, is over.
    expires_at: u32,
    seen_at: AtomicU32,
    /// The last use that the record knows.
    saved_at: u32,
    facets: Facets,
}

/// By what grants are found: short digests, so whoever finds something looks at the record as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Facets {
    pub(crate) client: u32,
    pub(crate) principal: u32,
    pub(crate) session: u32,
}

/// What needs doing to grants.
#[derive(Debug, Default)]
pub(crate) struct Due {
    /// Not known to be as the record says.
    pub(crate) doubtful: Vec<GrantId>,
    /// Idle for too long, or too old.
    pub(crate) overdue: Vec<GrantId>,
    /// Used since the record was written.
    pub(crate) used: Vec<GrantId>,
}

impl Index {
    /// Of records that only this process changes.
    pub(crate) fn new(idle_timeout: Duration) -> Self {
        let shards = (0..SHARDS).map(|_| RwLock::default()).collect();
        Self { shards, idle_timeout, save_use_after: SAVE_USE_AFTER, elsewhere: None }
    }

    /// Of records that other processes change too.
    pub(crate) fn shared(idle_timeout: Duration) -> Self {
        // They know of use here by the record alone, and must not take a grant for idle that is not.
        let quarter = u32::try_from(idle_timeout.as_secs() / 4).unwrap_or(u32::MAX);
        let save_use_after = SAVE_USE_AFTER.min(quarter);
        Self { elsewhere: Some(Elsewhere::default()), save_use_after, ..Self::new(idle_timeout) }
    }

    /// Notes a grant whose code is about to be issued.
    pub(crate) fn reserve(&self, id: GrantId, expires_at: UnixTime, facets: Facets) {
        self.write(&id).entries.insert(id, Entry::of_code(expires_at, facets));
    }

    /// Notes a live grant of an earlier process; nothing else may use the index yet.
    pub(crate) fn load(&self, id: GrantId, expires_at: UnixTime, used_at: UnixTime, facets: Facets) {
        self.write(&id).entries.insert(id, Entry::of_live(expires_at, used_at, facets));
    }

    /// Notes that the record says live; without effect if the grant has ended since.
    pub(crate) fn activate(&self, id: &GrantId, expires_at: UnixTime, used_at: UnixTime) {
        if let Some(entry) = self.write(id).entries.get_mut(id) {
            entry.live = true;
            entry.expires_at = seconds(expires_at);
            entry.saved_at = seconds(used_at);
            entry.seen_at.fetch_max(seconds(used_at), Relaxed);
        }
    }

    /// Forgets a grant that has ended, and ends what watches it.
    ///
    /// One caller alone finds it here, and learns what was known of it.
    pub(crate) fn end(&self, id: &GrantId) -> Option<WasKnown> {
        self.end_unless(id, |_| false)
    }

    /// [`Index::end`], except that what is `kept` stays.
    fn end_unless(&self, id: &GrantId, kept: impl FnOnce(&Entry) -> bool) -> Option<WasKnown> {
        if let Some(elsewhere) = &self.elsewhere {
            elsewhere.note_end(*id);
        }
        let (entry, watch) = {
            let mut shard = self.write(id);
            if shard.entries.get(id).is_some_and(kept) {
                return None;
            }
            (shard.entries.remove(id), shard.watches.remove(id))
        };
        if let Some(watch) = watch {
            watch.cancel();
        }
        entry.map(|it| WasKnown { live: it.live, doubtful: it.is_doubtful() })
    }

    /// Whether the grant lives, and notes that it is used.
    pub(crate) fn touch(&self, id: &GrantId, now: UnixTime) -> Liveness {
        let shard = self.read(id);
        match shard.entries.get(id) {
            Some(entry) if entry.lives(now, self.idle_timeout) => {
                if entry.seen_at.load(Relaxed) < seconds(now) {
                    entry.seen_at.fetch_max(seconds(now), Relaxed);
                }
                Liveness::Live
            }
            _ => Liveness::Ended,
        }
    }

    /// Whether the grant lives, without a trace.
    pub(crate) fn peek(&self, id: &GrantId, now: UnixTime) -> Liveness {
        match self.read(id).entries.get(id) {
            Some(entry) if entry.lives(now, self.idle_timeout) => Liveness::Live,
            _ => Liveness::Ended,
        }
    }

    /// Whether there is an entry.
    pub(crate) fn knows(&self, id: &GrantId) -> bool {
        self.read(id).entries.contains_key(id)
    }

    /// When the grant was last seen in use; the epoch if never.
    pub(crate) fn seen_at(&self, id: &GrantId) -> UnixTime {
        self.read(id).entries.get(id).map_or(UnixTime::EPOCH, Entry::seen_at)
    }

    /// The grants with facets that `matches`.
    pub(crate) fn find(&self, matches: impl Fn(&Facets) -> bool) -> Vec<GrantId> {
        let mut found = Vec::new();
        for shard in &self.shards {
            let shard = shard.read().unwrap_or_else(PoisonError::into_inner);
            found.extend(shard.entries.iter().filter(|(_, it)| matches(&it.facets)).map(|(id, _)| *id));
        }
        found
    }

    /// What is to be done now; codes that nobody redeemed are forgotten on the way.
    pub(crate) fn due(&self, now: UnixTime) -> Due {
        let mut due = Due::default();
        for shard in &self.shards {
            let mut shard = shard.write().unwrap_or_else(PoisonError::into_inner);
            shard
                .entries
                .retain(|_, it| it.live || it.is_doubtful() || now < it.expiry() + FORGET_CODES_AFTER);
            for (id, entry) in shard.entries.iter().filter(|(_, it)| it.live || it.is_doubtful()) {
                if entry.is_doubtful() {
                    due.doubtful.push(*id);
                } else if !entry.lives(now, self.idle_timeout) {
                    due.overdue.push(*id);
                } else if entry.is_unsaved(self.save_use_after) {
                    due.used.push(*id);
                }
            }
        }
        due
    }

    /// How many grants live, and how many codes are out.
    pub(crate) fn len(&self) -> (usize, usize) {
        let mut count = (0, 0);
        for shard in &self.shards {
            let shard = shard.read().unwrap_or_else(PoisonError::into_inner);
            let live = shard.entries.values().filter(|it| it.live).count();
            count.0 += live;
            count.1 += shard.entries.len() - live;
        }
        count
    }

    fn read(&self, id: &GrantId) -> RwLockReadGuard<'_, Shard> {
        self.shard(id).read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, id: &GrantId) -> RwLockWriteGuard<'_, Shard> {
        self.shard(id).write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ids are random, so one byte spreads them evenly.
    #[expect(clippy::indexing_slicing, reason = "the remainder by the number of shards is the index of one")]
    fn shard(&self, id: &GrantId) -> &RwLock<Shard> {
        let [byte, ..] = *id.as_bytes();
        &self.shards[usize::from(byte) % SHARDS]
    }
}

impl Hasher for RandomAlready {
    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.last_chunk().map_or(self.0, |half| u64::from_ne_bytes(*half));
    }

    /// The length of the id, which is always the same.
    fn write_usize(&mut self, _: usize) {}

    fn finish(&self) -> u64 {
        self.0
    }
}

impl Entry {
    const fn new(live: bool, expires_at: u32, used_at: u32, facets: Facets) -> Self {
        let seen_at = AtomicU32::new(used_at);
        Self { live, doubt: Doubt::None, doubts: 0, expires_at, seen_at, saved_at: used_at, facets }
    }

    fn of_code(expires_at: UnixTime, facets: Facets) -> Self {
        Self::new(false, seconds(expires_at), 0, facets)
    }

    fn of_live(expires_at: UnixTime, used_at: UnixTime, facets: Facets) -> Self {
        Self::new(true, seconds(expires_at), seconds(used_at), facets)
    }

    fn lives(&self, now: UnixTime, idle_timeout: Duration) -> bool {
        self.is_good() && now < self.expiry() && now.saturating_since(self.seen_at()) < idle_timeout
    }

    fn seen_at(&self) -> UnixTime {
        UnixTime::from_seconds(self.seen_at.load(Relaxed).into())
    }

    fn is_unsaved(&self, after: u32) -> bool {
        self.seen_at.load(Relaxed).saturating_sub(self.saved_at) >= after
    }

    fn expiry(&self) -> UnixTime {
        UnixTime::from_seconds(self.expires_at.into())
    }
}

/// A short digest of something that grants are found by.
pub(crate) fn facet(value: impl Hash) -> u32 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    let [a, b, c, d, ..] = hasher.finish().to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}

fn seconds(time: UnixTime) -> u32 {
    u32::try_from(time.as_seconds()).unwrap_or(u32::MAX)
}

const SHARDS: usize = 64;
/// Seconds of use that a crash may forget.
const SAVE_USE_AFTER: u32 = 300;
/// A redemption at the last moment may still be on its way to the disk.
const FORGET_CODES_AFTER: Duration = Duration::from_secs(600);

#[cfg(test)]
mod tests;
