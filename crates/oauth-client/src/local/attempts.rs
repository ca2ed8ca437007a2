use std::{
    collections::HashMap,
    hash::{BuildHasher, Hash, RandomState},
    net::{IpAddr, Ipv6Addr},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use oauth_types::{Entropy, UnixTime};

/// How many wrong attempts an account takes at once from one address, and how many seconds each takes to be forgotten.
const PAIR: Rate = Rate { burst: 10, seconds_each: 60 };
/// The same for one address, whatever the account; more, because a household or an office shares one.
const SOURCE: Rate = Rate { burst: 30, seconds_each: 10 };
/// The same for one account from all addresses where it did not sign in before: at most 1000 guesses, and 1440 a day
/// after that, however many addresses somebody has.
const ACCOUNT: Rate = Rate { burst: 1000, seconds_each: 60 };
/// The addresses where an account signed in last that do not count for it as a whole. So a stranger who uses that up
/// does not keep its owner out, and guessing from all of them is bounded by as many times [`PAIR`].
const HOMES: usize = 8;
/// Unknown names share this many counters, so that guessing names fills no memory and tells nothing.
const STRANGERS: u64 = 1024;
/// The most addresses that are counted apart; those that come later share one counter.
const MAX_SOURCES: usize = 16 * 1024;
/// The same for accounts with their addresses.
const MAX_PAIRS: usize = 16 * 1024;

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
    pairs: HashMap<(Account, Option<IpAddr>), Counter>,
    accounts: HashMap<Account, Counter>,
    sources: HashMap<Option<IpAddr>, Counter>,
    /// Where the known accounts signed in, the latest last.
    homes: HashMap<Account, Vec<IpAddr>>,
}

/// An attempt that was counted; whoever gives it back had the right password.
#[derive(Debug)]
pub(super) struct Attempt {
    account: Account,
    from: IpAddr,
    pair: Option<IpAddr>,
    source: Option<IpAddr>,
    is_home: bool,
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
    pub(super) fn take(&self, username: &str, from: IpAddr, now: UnixTime) -> Result<Attempt, Duration> {
        let (now, from) = (now.as_seconds(), network(from));
        let account = self.account(username);
        let mut counters = self.counters();
        let is_home = counters.homes.get(&account).is_some_and(|it| it.contains(&from));
        let place = |has_room: bool| (is_home || has_room).then_some(from);
        let source = place(has_room(&mut counters.sources, &Some(from), MAX_SOURCES, now));
        let pair = place(has_room(&mut counters.pairs, &(account.clone(), Some(from)), MAX_PAIRS, now));
        let of_pair = Counter::after(&counters.pairs, &(account.clone(), pair), PAIR, now);
        let of_source = Counter::after(&counters.sources, &source, SOURCE, now);
        let of_account = Counter::after(&counters.accounts, &account, ACCOUNT, now);
        let mut wait = of_pair.excess(PAIR, now).max(of_source.excess(SOURCE, now));
        if !is_home {
            wait = wait.max(of_account.excess(ACCOUNT, now));
        }
        if wait > 0 {
            return Err(Duration::from_secs(wait));
        }
        counters.pairs.insert((account.clone(), pair), of_pair);
        counters.sources.insert(source, of_source);
        if !is_home {
            counters.accounts.insert(account.clone(), of_account);
        }
        Ok(Attempt { account, from, pair, source, is_home })
    }

    /// Forgets the attempt that turned out right, and remembers where it came from; the wrong ones before it stay
    /// counted.
    pub(super) fn give_back(&self, attempt: Attempt) {
        let Attempt { account, from, pair, source, is_home } = attempt;
        let mut counters = self.counters();
        if let Some(counter) = counters.sources.get_mut(&source) {
            counter.minus_one(SOURCE);
        }
        if let Some(counter) = counters.pairs.get_mut(&(account.clone(), pair)) {
            counter.minus_one(PAIR);
        }
        if let Some(counter) = counters.accounts.get_mut(&account).filter(|_| !is_home) {
            counter.minus_one(ACCOUNT);
        }
        let homes = counters.homes.entry(account).or_default();
        homes.retain(|it| *it != from);
        if homes.len() >= HOMES {
            homes.remove(0);
        }
        homes.push(from);
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

/// Whether `key` has a counter of its own or can get one.
fn has_room<K: Eq + Hash>(counters: &mut HashMap<K, Counter>, key: &K, max: usize, now: u64) -> bool {
    if counters.contains_key(key) {
        return true;
    }
    if counters.len() >= max {
        counters.retain(|_, counter| counter.clear_at > now);
    }
    counters.len() < max
}

impl Counter {
    /// What the counter of `key` becomes with one more attempt.
    fn after<K: Eq + Hash>(counters: &HashMap<K, Self>, key: &K, rate: Rate, now: u64) -> Self {
        let before = counters.get(key).copied().unwrap_or_default();
        Self { clear_at: before.clear_at.max(now).saturating_add(rate.seconds_each) }
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
