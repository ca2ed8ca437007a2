//! Times as people say them, and exactly.

use jiff::Timestamp;
use oauth_types::UnixTime;

/// A moment, for a `<time>` element.
#[derive(Debug)]
pub(super) struct Moment {
    /// RFC 3339, for programs.
    pub(super) machine: String,
    /// `25 November 2026, 09:27 UTC`.
    pub(super) exact: String,
    /// `3 hours ago`.
    pub(super) relative: String,
}

impl Moment {
    /// `time`, seen from `now`; a time to come counts as now.
    pub(super) fn new(time: UnixTime, now: UnixTime) -> Self {
        let seconds = i64::try_from(time.as_seconds()).unwrap_or(i64::MAX);
        let stamp = Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX);
        Self {
            machine: stamp.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            exact: stamp.strftime("%-d %B %Y, %H:%M UTC").to_string(),
            relative: ago(now.saturating_since(time).as_secs()),
        }
    }
}

fn ago(seconds: u64) -> String {
    let (count, unit) = match seconds {
        ..MINUTE => return "just now".to_owned(),
        MINUTE..HOUR => (seconds / MINUTE, "minute"),
        HOUR..DAY => (seconds / HOUR, "hour"),
        DAY..MONTH => (seconds / DAY, "day"),
        MONTH..YEAR => (seconds / MONTH, "month"),
        YEAR.. => (seconds / YEAR, "year"),
    };
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{plural} ago")
}

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;
const MONTH: u64 = 30 * DAY;
const YEAR: u64 = 365 * DAY;

#[cfg(test)]
mod tests;
