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

#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the system's clock")]
fn wall_time() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO)
}

#[cfg(test)]
mod tests;
