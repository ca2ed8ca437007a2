use std::{
    collections::{HashMap, HashSet},
    fmt, mem,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use aws_lc_rs::digest::{Context, SHA256};
use oauth_types::{JwkThumbprint, UnixTime};

/// Where proofs are remembered that have been used, so that each is good once (RFC 9449 section 11.1).
pub trait ReplayStore: fmt::Debug + Send + Sync {
    /// Notes `id`, to be remembered until `until`, which is at most the lifetime of a proof after `now`.
    ///
    /// Of several calls with one id exactly one is [`Noted::Fresh`].
    fn note(&self, id: ProofId, until: UnixTime, now: UnixTime) -> Noted;
}

/// What became of a proof that was to be remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noted {
    /// It is new, and remembered now.
    Fresh,
    /// It has been used before.
    Replayed,
    /// Nothing more can be remembered at present.
    Full,
}

/// A name of one proof: its key, and a digest of its key, its `jti` and the address it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ProofId {
    key: KeyTag,
    digest: [u8; 16],
}

/// The beginning of a thumbprint: enough to count by, nothing is decided by it alone.
type KeyTag = [u8; 8];

impl ProofId {
    /// The key is part of it, so that nobody uses up the names of another's proofs.
    pub(super) fn new(key: &JwkThumbprint, target: &str, jti: &str) -> Self {
        let mut context = Context::new(&SHA256);
        context.update(key.as_bytes());
        context.update(&(target.len() as u64).to_be_bytes());
        context.update(target.as_bytes());
        context.update(jti.as_bytes());
        Self { key: first(key.as_bytes()), digest: first(context.finish().as_ref()) }
    }
}

/// The first bytes of a digest.
fn first<const N: usize>(digest: &[u8]) -> [u8; N] {
    let mut bytes = [0; N];
    for (to, from) in bytes.iter_mut().zip(digest) {
        *to = *from;
    }
    bytes
}

/// Used proofs in memory: some 50 bytes for each.
///
/// As long as half of it is free, whoever comes is served. Then a key is refused if it holds more than its equal share
/// of that half, so a few busy keys shut nobody out but themselves.
///
/// One process remembers what it has seen itself, and forgets it when it ends: then a proof may be used once more, for
/// as long as its time allows.
pub struct MemoryReplayStore {
    span: Duration,
    most: usize,
    generations: Mutex<Generations>,
}

/// Ids by the span of time in which their memory ends; a span that is over is dropped whole.
#[derive(Default)]
struct Generations {
    /// The number of the present span.
    number: u64,
    present: Generation,
    next: Generation,
}

#[derive(Default)]
struct Generation {
    proofs: HashSet<ProofId>,
    /// How many of them each key has.
    keys: HashMap<KeyTag, usize>,
}

impl MemoryReplayStore {
    /// Remembers at most `most` proofs, each for no longer than `span`, which is at least a second.
    #[must_use]
    pub fn new(most: usize, span: Duration) -> Self {
        let span = span.max(Duration::from_secs(1));
        Self { span, most, generations: Mutex::default() }
    }

    const fn number(&self, time: UnixTime) -> u64 {
        time.as_seconds() / self.span.as_secs()
    }
}

impl ReplayStore for MemoryReplayStore {
    fn note(&self, id: ProofId, until: UnixTime, now: UnixTime) -> Noted {
        let mut generations = self.generations.lock().unwrap_or_else(PoisonError::into_inner);
        generations.advance(self.number(now));
        if generations.both().any(|it| it.proofs.contains(&id)) {
            return Noted::Replayed;
        }
        if generations.is_full_for(id.key, self.most) {
            return Noted::Full;
        }
        if self.number(until) <= generations.number {
            generations.present.insert(id);
        } else {
            generations.next.insert(id);
        }
        Noted::Fresh
    }
}

impl Generations {
    fn advance(&mut self, number: u64) {
        if number <= self.number {
            return;
        }
        let next = mem::take(&mut self.next);
        self.present = if number == self.number + 1 { next } else { Generation::default() };
        self.number = number;
    }

    fn both(&self) -> impl Iterator<Item = &Generation> {
        [&self.present, &self.next].into_iter()
    }

    fn is_full_for(&self, key: KeyTag, most: usize) -> bool {
        let held: usize = self.both().map(|it| it.proofs.len()).sum();
        let half = most / 2;
        if held < half || held >= most {
            return held >= most;
        }
        let keys: usize = self.both().map(|it| it.keys.len()).sum();
        let by_key: usize = self.both().filter_map(|it| it.keys.get(&key)).sum();
        by_key > 0 && by_key >= half / keys.max(1)
    }
}

impl Generation {
    fn insert(&mut self, id: ProofId) {
        self.proofs.insert(id);
        *self.keys.entry(id.key).or_default() += 1;
    }
}

impl fmt::Debug for MemoryReplayStore {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("MemoryReplayStore").field("most", &self.most).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPAN: Duration = Duration::from_secs(600);

    fn id(name: &str) -> ProofId {
        of_key(7, name)
    }

    fn of_key(key: u8, name: &str) -> ProofId {
        ProofId::new(&JwkThumbprint::from_bytes([key; 32]), "https://mcp.example/mcp", name)
    }

    fn at(seconds: u64) -> UnixTime {
        UnixTime::from_seconds(1_800_000_000 + seconds)
    }

    #[test]
    fn an_id_is_fresh_once_until_its_time_is_up_wherever_in_a_span_it_comes() {
        for start in [0, 1, 299, 300, 599] {
            let store = MemoryReplayStore::new(10, SPAN);
            let until = at(start + 600);
            assert_eq!(store.note(id("a"), until, at(start)), Noted::Fresh);
            for later in [0, 1, 300, 599, 600] {
                assert_eq!(store.note(id("a"), until, at(start + later)), Noted::Replayed, "{start} {later}");
            }
            assert_eq!(store.note(id("b"), until, at(start + 600)), Noted::Fresh);
        }
    }

    #[test]
    fn what_is_over_makes_room_and_what_is_not_does_not() {
        let store = MemoryReplayStore::new(4, SPAN);
        assert_eq!(store.note(id("a"), at(600), at(0)), Noted::Fresh);
        assert_eq!(store.note(id("b"), at(600), at(0)), Noted::Fresh);
        assert_eq!(store.note(id("c"), at(600), at(0)), Noted::Full);
        assert_eq!(store.note(id("a"), at(600), at(0)), Noted::Replayed);
        assert_eq!(store.note(id("c"), at(1100), at(600)), Noted::Full, "a and b may still come");
        assert_eq!(store.note(id("c"), at(1800), at(1200)), Noted::Fresh);
        assert_eq!(store.note(id("d"), at(9999), at(9999)), Noted::Fresh);
        assert_eq!(store.generations.lock().unwrap().present.proofs.len(), 1);
    }

    #[test]
    fn l22_a_busy_key_shuts_out_itself_alone() {
        let store = MemoryReplayStore::new(100, SPAN);
        let notes = |key: u8, count: u32| -> usize {
            let names = (0..count).map(|it| of_key(key, &it.to_string()));
            names.filter(|it| store.note(*it, at(600), at(0)) == Noted::Fresh).count()
        };
        assert_eq!(notes(1, 1000), 50);
        assert_eq!(notes(2, 1000), 25, "its share beside one other");
        assert_eq!(store.note(of_key(1, "more"), at(600), at(0)), Noted::Full);
        assert_eq!(notes(3, 10), 10);
        assert_eq!(store.note(of_key(3, "0"), at(600), at(0)), Noted::Replayed);
        assert_eq!((4..=18).map(|key| notes(key, 1)).sum::<usize>(), 15);
        assert_eq!(notes(19, 1), 0, "there is an end all the same");
        assert_eq!(store.note(of_key(1, "more"), at(1800), at(1200)), Noted::Fresh);
    }

    #[test]
    fn key_target_and_jti_all_name_a_proof() {
        let [one, two] = [1, 2].map(|it| JwkThumbprint::from_bytes([it; 32]));
        let all = [
            ProofId::new(&one, "https://a.example/", "x"),
            ProofId::new(&two, "https://a.example/", "x"),
            ProofId::new(&one, "https://b.example/", "x"),
            ProofId::new(&one, "https://a.example/", "y"),
            ProofId::new(&one, "https://a.example", "/x"),
        ];
        assert_eq!(HashSet::from(all).len(), all.len());
    }
}
