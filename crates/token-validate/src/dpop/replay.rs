use std::{
    collections::HashSet,
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

/// A name of one proof: a digest of its key, its `jti` and the address it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ProofId([u8; 16]);

impl ProofId {
    /// The key is part of it, so that nobody uses up the names of another's proofs.
    pub(super) fn new(key: &JwkThumbprint, target: &str, jti: &str) -> Self {
        let mut context = Context::new(&SHA256);
        context.update(key.as_bytes());
        context.update(&(target.len() as u64).to_be_bytes());
        context.update(target.as_bytes());
        context.update(jti.as_bytes());
        let digest = context.finish();
        let mut id = [0; 16];
        for (to, from) in id.iter_mut().zip(digest.as_ref()) {
            *to = *from;
        }
        Self(id)
    }
}

/// Used proofs in memory: some 40 bytes for each.
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
    present: HashSet<ProofId>,
    next: HashSet<ProofId>,
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
        if generations.present.contains(&id) || generations.next.contains(&id) {
            return Noted::Replayed;
        }
        if generations.present.len() + generations.next.len() >= self.most {
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
        self.present = if number == self.number + 1 { next } else { HashSet::new() };
        self.number = number;
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
        ProofId::new(&JwkThumbprint::from_bytes([7; 32]), "https://mcp.example/mcp", name)
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
        let store = MemoryReplayStore::new(2, SPAN);
        assert_eq!(store.note(id("a"), at(600), at(0)), Noted::Fresh);
        assert_eq!(store.note(id("b"), at(600), at(0)), Noted::Fresh);
        assert_eq!(store.note(id("c"), at(600), at(0)), Noted::Full);
        assert_eq!(store.note(id("a"), at(600), at(0)), Noted::Replayed);
        assert_eq!(store.note(id("c"), at(1100), at(600)), Noted::Full, "a and b may still come");
        assert_eq!(store.note(id("c"), at(1800), at(1200)), Noted::Fresh);
        assert_eq!(store.note(id("d"), at(9999), at(9999)), Noted::Fresh);
        assert_eq!(store.generations.lock().unwrap().present.len(), 1);
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
