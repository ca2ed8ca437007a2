use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    net::{IpAddr, Ipv6Addr},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use oauth_types::{Entropy, UnixTime};

/// How many wrong attempts an account takes at once, and how many seconds each takes to be forgotten.
const ACCOUNT: Rate = Rate { burst: 10, seconds_each: 60 };
/// The same for one address; more, because a household or an office shares one.
const SOURCE: Rate = Rate { burst: 30, seconds_each: 10 };
/// Unknown names share this many counters, so that guessing names fills no memory and tells nothing.
const STRANGERS: u64 = 1024;
/// The most addresses that are counted apart; those that come later share one counter.
const MAX_SOURCES: usize = 16 * 1024;

/// Counts wrong attempts per account and per address, in bounded memory.
#[derive(Debug)]
pub(super) struct Attempts {
    known: std::collections::BTreeSet<String>,
    hasher: RandomState,
    key: [u8; 32],
    counters: Mutex<Counters>,
}

#[derive(Debug, Default)]
struct Counters {
    accounts: HashMap<Account, Counter>,
    sources: HashMap<Option<IpAddr>, Counter>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Account {
    Known(String),
    Stranger(u64),
}

#[derive(Clone, Copy, Debug)]
struct Rate {
    burst: u64,
    seconds_each: u64,
}

/// Attempts that are not forgotten yet: the instant at which all of them are.
///
/// The generic cell rate algorithm: one number that only moves when something happens.
#[derive(Clone, Copy, Debug, Default)]
struct Counter {
    clear_at: u64,
}

impl Attempts {
    pub(super) fn new(known: impl IntoIterator<Item = String>, entropy: &dyn Entropy) -> Self {
        let mut key = [0; 32];
        entropy.fill(&mut key);
        Self {
            known: known.into_iter().collect(),
            hasher: RandomState::new(),
            key,
            counters: Mutex::default(),
        }
    }

    /// Counts an attempt, or says how long to wait.
    pub(super) fn take(&self, username: &str, from: IpAddr, now: UnixTime) -> Result<(), Duration> {
        let now = now.as_seconds();
        let account = self.account(username);
        let mut counters = self.counters();
        let source = counters.source(from, now);
        let account_counter = counters.accounts.get(&account).copied().unwrap_or_default();
        let source_counter = counters.sources.get(&source).copied().unwrap_or_default();
        let (account_after, source_after) =
            (account_counter.plus_one(ACCOUNT, now), source_counter.plus_one(SOURCE, now));
        let wait = account_after.excess(ACCOUNT, now).max(source_after.excess(SOURCE, now));
        if wait > 0 {
            return Err(Duration::from_secs(wait));
        }
        counters.accounts.insert(account, account_after);
        counters.sources.insert(source, source_after);
        Ok(())
    }

    /// Forgets the attempt that turned out right; the wrong ones before it stay counted.
    pub(super) fn give_back(&self, username: &str, from: IpAddr) {
        let account = self.account(username);
        let mut counters = self.counters();
        if let Some(counter) = counters.accounts.get_mut(&account) {
            counter.minus_one(ACCOUNT);
        }
        let source = network(from);
        let source = counters.sources.contains_key(&Some(source)).then_some(source);
        if let Some(counter) = counters.sources.get_mut(&source) {
            counter.minus_one(SOURCE);
        }
    }

    fn account(&self, username: &str) -> Account {
        if self.known.contains(username) {
            return Account::Known(username.to_owned());
        }
        Account::Stranger(self.hasher.hash_one((self.key, username)) % STRANGERS)
    }

    fn counters(&self) -> MutexGuard<'_, Counters> {
        self.counters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counters {
    /// The counter that `from` uses: its own, or the shared one when there are too many.
    fn source(&mut self, from: IpAddr, now: u64) -> Option<IpAddr> {
        let from = network(from);
        if self.sources.contains_key(&Some(from)) {
            return Some(from);
        }
        if self.sources.len() >= MAX_SOURCES {
            self.sources.retain(|_, counter| counter.clear_at > now);
        }
        (self.sources.len() < MAX_SOURCES).then_some(from)
    }
}

impl Counter {
    fn plus_one(self, rate: Rate, now: u64) -> Self {
        Self { clear_at: self.clear_at.max(now).saturating_add(rate.seconds_each) }
    }

    fn minus_one(&mut self, rate: Rate) {
        self.clear_at = self.clear_at.saturating_sub(rate.seconds_each);
    }

    /// How many seconds too early this is.
    fn excess(self, rate: Rate, now: u64) -> u64 {
        self.clear_at.saturating_sub(now.saturating_add(rate.burst * rate.seconds_each))
    }
}

/// Whoever has one IPv6 address has 2^64 of them.
fn network(from: IpAddr) -> IpAddr {
    match from.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}
