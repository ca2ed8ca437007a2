use std::{
    fmt,
    hash::{BuildHasher, RandomState},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use governor::{RateLimiter, clock, middleware::NoOpMiddleware, state::keyed::DashMapStateStore};
use oauth_types::Clock;

use super::{Key, Quota};

/// What was spent of one quota, by everybody.
pub(super) struct Cells {
    quota: Quota,
    limiter: RateLimiter<Cell, DashMapStateStore<Cell>, Wall, NoOpMiddleware<Duration>>,
    clock: Wall,
    /// Names are kept as numbers, so their length costs nothing; the seed keeps others from looking for equal ones.
    seed: RandomState,
    most: usize,
    taken: AtomicUsize,
    /// How many cells were there after the last look.
    kept: AtomicUsize,
    crowded: AtomicBool,
}

/// One count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Cell {
    Own(u64),
    /// Of those who come when there are too many.
    Shared(u64),
}

/// Our clock as the library wants it: the time since 1970, in whole seconds.
#[derive(Clone, Debug)]
struct Wall(Arc<dyn Clock>);

impl clock::Clock for Wall {
    type Instant = Duration;

    fn now(&self) -> Duration {
        Duration::from_secs(self.0.now().as_seconds())
    }
}

impl Cells {
    pub(super) fn new(quota: Quota, clock: Arc<dyn Clock>, most: usize) -> Self {
        let clock = Wall(clock);
        let each = (quota.period / quota.requests.get()).max(Duration::from_nanos(1));
        // A period of at least a nanosecond is one that the library takes.
        let rate = governor::Quota::with_period(each)
            .unwrap_or(governor::Quota::per_second(quota.requests))
            .allow_burst(quota.burst.min(quota.requests));
        Self {
            limiter: RateLimiter::dashmap_with_clock(rate, clock.clone()),
            quota,
            clock,
            seed: RandomState::new(),
            most,
            taken: AtomicUsize::new(0),
            kept: AtomicUsize::new(0),
            crowded: AtomicBool::new(false),
        }
    }

    pub(super) const fn quota(&self) -> &Quota {
        &self.quota
    }

    /// Takes one request from the count of `key`.
    ///
    /// # Errors
    /// How long until the next may be taken, in whole seconds.
    pub(super) fn take(&self, key: Key<'_>) -> Result<(), Duration> {
        if self.taken.fetch_add(1, Relaxed).is_multiple_of(LOOK_EVERY) {
            self.look();
        }
        let number = self.seed.hash_one(key);
        let crowded = self.crowded.load(Relaxed);
        let cell = if crowded { Cell::Shared(number % SHARED) } else { Cell::Own(number) };
        self.limiter.check_key(&cell).map_err(|until| {
            let wait = until.wait_time_from(clock::Clock::now(&self.clock));
            Duration::from_secs(wait.as_secs() + u64::from(wait.subsec_nanos() > 0)).max(SECOND)
        })
    }

    /// Forgets what has come back in full, once there are twice as many cells as after the last time.
    fn look(&self) {
        let count = self.limiter.len();
        if count >= self.most || count >= 2 * self.kept.load(Relaxed).max(LOOK_EVERY) {
            self.limiter.retain_recent();
            self.limiter.shrink_to_fit();
            self.kept.store(self.limiter.len(), Relaxed);
        }
        self.crowded.store(self.limiter.len() >= self.most, Relaxed);
    }

    #[cfg(test)]
    pub(super) fn count(&self) -> usize {
        self.limiter.len()
    }
}

impl fmt::Debug for Cells {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Cells").field("quota", &self.quota).finish_non_exhaustive()
    }
}

/// Requests from one look at the memory to the next.
const LOOK_EVERY: usize = 1024;
/// Counts for those who come when there are too many.
const SHARED: u64 = 4096;
const SECOND: Duration = Duration::from_secs(1);
