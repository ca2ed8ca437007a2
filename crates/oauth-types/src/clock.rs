use std::{
    fmt,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use crate::UnixTime;

/// Where the time comes from.
///
/// Pure functions take `now: UnixTime`; parts that live long hold an `Arc<dyn Clock>`.
pub trait Clock: fmt::Debug + Send + Sync {
    /// The present time.
    fn now(&self) -> UnixTime;
}

/// The clock of the machine, which never runs backwards.
///
/// It answers the later of the wall clock and "wall clock at creation plus time elapsed since",
/// so setting the machine's clock back cannot bring an expired token to life again.
#[derive(Debug)]
pub struct SystemClock {
    created_wall: Duration,
    created: Instant,
}

impl SystemClock {
    /// A clock anchored at the present moment.
    #[must_use]
    pub fn new() -> Self {
        Self { created_wall: wall_time(), created: Instant::now() }
    }

    /// How far the wall clock has fallen behind the time this clock answers; zero when it has not.
    ///
    /// More than a minute means that somebody set the machine's clock back, which deserves a log line.
    #[must_use]
    pub fn wall_clock_lag(&self) -> Duration {
        self.monotonic_time().saturating_sub(wall_time())
    }

    fn monotonic_time(&self) -> Duration {
        self.created_wall.saturating_add(self.created.elapsed())
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn now(&self) -> UnixTime {
        UnixTime::from_seconds(wall_time().max(self.monotonic_time()).as_secs())
    }
}

/// A clock that moves when a test says so.
#[cfg(any(test, feature = "test-util"))]
#[derive(Debug)]
pub struct ManualClock(std::sync::atomic::AtomicU64);

#[cfg(any(test, feature = "test-util"))]
impl ManualClock {
    /// A clock that stands at `now`.
    #[must_use]
    pub const fn new(now: UnixTime) -> Self {
        Self(std::sync::atomic::AtomicU64::new(now.as_seconds()))
    }

    /// Moves the clock forward.
    pub fn advance(&self, duration: Duration) {
        self.set(self.now() + duration);
    }

    /// Moves the clock to any instant, also backwards.
    pub fn set(&self, now: UnixTime) {
        self.0.store(now.as_seconds(), std::sync::atomic::Ordering::SeqCst);
    }
}

#[cfg(any(test, feature = "test-util"))]
impl Clock for ManualClock {
    fn now(&self) -> UnixTime {
        UnixTime::from_seconds(self.0.load(std::sync::atomic::Ordering::SeqCst))
    }
}

/// A [`ManualClock`] that jumps when it is looked at for the n-th time, in the middle of whatever reads it.
#[cfg(any(test, feature = "test-util"))]
#[derive(Debug)]
pub struct SteppingClock {
    clock: ManualClock,
    /// How many looks are left until it jumps, and by how many seconds.
    step: std::sync::Mutex<Option<(u64, i64)>>,
}

#[cfg(any(test, feature = "test-util"))]
impl SteppingClock {
    /// A clock that stands at `now`, and jumps nowhere until told to.
    #[must_use]
    pub const fn new(now: UnixTime) -> Self {
        Self { clock: ManualClock::new(now), step: std::sync::Mutex::new(None) }
    }

    /// From the `n`-th look on, counted from 1, the clock shows a time that is so many seconds off.
    pub fn jump_at(&self, n: u64, seconds: i64) {
        *self.step() = Some((n, seconds));
    }

    /// Whether the jump has not happened yet.
    #[must_use]
    pub fn is_pending(&self) -> bool {
        self.step().is_some_and(|(left, _)| left > 0)
    }

    /// Moves the clock forward, besides the jump.
    pub fn advance(&self, duration: Duration) {
        self.clock.advance(duration);
    }

    fn step(&self) -> std::sync::MutexGuard<'_, Option<(u64, i64)>> {
        self.step.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[cfg(any(test, feature = "test-util"))]
impl Clock for SteppingClock {
    fn now(&self) -> UnixTime {
        let now = self.clock.now();
        match self.step().as_mut() {
            None => now,
            Some((left, seconds)) => {
                *left = left.saturating_sub(1);
                let jumped = UnixTime::from_seconds(now.as_seconds().saturating_add_signed(*seconds));
                if *left == 0 { jumped } else { now }
            }
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the system's clock")]
fn wall_time() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO)
}

#[cfg(test)]
mod tests;
