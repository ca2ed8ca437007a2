use std::time::Duration;

/// How long third-party sessions live and how many there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ThirdPartySessionLimits {
    /// A session that nothing used for so long ends. Default 30 days.
    pub idle_timeout: Duration,
    /// A session ends so long after the person last signed in, used or not. Default 90 days.
    pub absolute_timeout: Duration,
    /// How many live sessions one person may have; a further one ends the oldest. Default 64, at least 1.
    pub max_per_person: usize,
    /// How many grants may rest on one session; a further one pushes out the oldest. Default 256, at least 1.
    pub max_grants: usize,
    /// How long an ended session is remembered, so that a crash cannot make us forget to end its grants. Default 7 days.
    pub kept_after_end: Duration,
}

impl Default for ThirdPartySessionLimits {
    fn default() -> Self {
        Self {
            idle_timeout: 30 * DAY,
            absolute_timeout: 90 * DAY,
            max_per_person: 64,
            max_grants: 256,
            kept_after_end: 7 * DAY,
        }
    }
}

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
