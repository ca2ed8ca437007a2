use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A number of bytes: an integer, or a text such as `"32KiB"`, `"4MiB"` or `"1GiB"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ByteSize(u64);

impl ByteSize {
    /// That many times 1024 bytes.
    #[must_use]
    pub const fn from_kib(count: u32) -> Self {
        Self((count as u64) << 10)
    }

    /// The number of bytes.
    #[must_use]
    pub const fn bytes(self) -> u64 {
        self.0
    }

    /// The number of bytes, for lengths in memory; saturates where `usize` is smaller.
    #[must_use]
    pub fn as_usize(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

impl FromStr for ByteSize {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.trim_end_matches(|it: char| !it.is_ascii_digit());
        let unit = text.get(digits.len()..).unwrap_or_default().trim_start();
        let shift = UNITS.iter().find(|(name, _)| *name == unit).ok_or(EXPECTED)?.1;
        let count: u64 = digits.parse().map_err(|_| EXPECTED)?;
        count.checked_mul(1 << shift).map(Self).ok_or("is too large")
    }
}

impl<'de> Deserialize<'de> for ByteSize {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Visitor)
    }
}

impl fmt::Display for ByteSize {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = |shift: &u32| self.0 != 0 && self.0.is_multiple_of(1 << shift);
        let (unit, shift) = UNITS.iter().rev().find(|(_, shift)| whole(shift)).unwrap_or(&("", 0));
        write!(formatter, "{}{unit}", self.0 >> shift)
    }
}

impl Serialize for ByteSize {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for ByteSize {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ByteSize".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "a number of bytes, such as `65536` or `\"64KiB\"`",
            "oneOf": [
                { "type": "integer", "minimum": 0 },
                { "type": "string", "pattern": "^[0-9]+ ?(B|KiB|MiB|GiB)?$" },
            ],
        })
    }
}

struct Visitor;

impl de::Visitor<'_> for Visitor {
    type Value = ByteSize;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a number of bytes, such as 65536, \"64KiB\" or \"4MiB\"")
    }

    fn visit_i64<E: de::Error>(self, count: i64) -> Result<ByteSize, E> {
        u64::try_from(count).map(ByteSize).map_err(|_| E::custom(EXPECTED))
    }

    fn visit_u64<E: de::Error>(self, count: u64) -> Result<ByteSize, E> {
        Ok(ByteSize(count))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<ByteSize, E> {
        text.parse().map_err(E::custom)
    }
}

const EXPECTED: &str = "write a number of bytes, such as 65536, \"64KiB\" or \"4MiB\"";

/// Unit and the power of two that it stands for, in rising order; of two for the same the latter is printed.
const UNITS: [(&str, u32); 5] = [("B", 0), ("", 0), ("KiB", 10), ("MiB", 20), ("GiB", 30)];
