use std::{fmt, str::FromStr, time::Duration};

use jiff::{SignedDuration, fmt::friendly};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::text;

/// A length of time, as a text such as `"500ms"`, `"15s"`, `"5m"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Period(Duration);

impl Period {
    /// That many seconds.
    #[must_use]
    pub const fn from_secs(seconds: u64) -> Self {
        Self(Duration::from_secs(seconds))
    }

    /// That many days of 24 hours.
    #[must_use]
    pub const fn from_days(days: u64) -> Self {
        Self::from_secs(days * DAY)
    }

    /// That many milliseconds.
    #[must_use]
    pub const fn from_millis(milliseconds: u64) -> Self {
        Self(Duration::from_millis(milliseconds))
    }

    /// The length as the standard library has it.
    #[must_use]
    pub const fn get(self) -> Duration {
        self.0
    }
}

impl From<Period> for Duration {
    fn from(period: Period) -> Self {
        period.0
    }
}

impl FromStr for Period {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (days, rest) = days(text).unwrap_or((Duration::ZERO, text));
        if rest.is_empty() && !text.is_empty() {
            return Ok(Self(days));
        }
        let signed = friendly::SpanParser::new().parse_duration(rest).map_err(|_| EXPECTED)?;
        let rest = Duration::try_from(signed).map_err(|_| "must not be negative")?;
        days.checked_add(rest).map(Self).ok_or("is too long")
    }
}

impl<'de> Deserialize<'de> for Period {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text::one(deserializer)
    }
}

impl fmt::Display for Period {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let days = self.0.as_secs() / DAY;
        if days > 1 && self.0 == Duration::from_secs(days * DAY) {
            return write!(formatter, "{days}d");
        }
        let signed = SignedDuration::try_from(self.0).unwrap_or(SignedDuration::MAX);
        write!(formatter, "{signed:#}")
    }
}

impl Serialize for Period {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Period {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Period".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "description": "a length of time, such as `\"15s\"` or `\"5m\"`",
        })
    }
}

/// The days at the beginning of `text`, which the library counts as no exact length of time, and what follows.
fn days(text: &str) -> Option<(Duration, &str)> {
    let (count, rest) = text.split_once('d')?;
    let seconds = count.trim_end().parse::<u64>().ok()?.checked_mul(DAY)?;
    let is_whole = rest.is_empty() || rest.starts_with(' ');
    is_whole.then(|| (Duration::from_secs(seconds), rest.trim_start()))
}

const DAY: u64 = 24 * 60 * 60;

const EXPECTED: &str = "write a length of time with its unit, such as \"15s\", \"5m\", \"1h 30m\" or \"30d\"";
