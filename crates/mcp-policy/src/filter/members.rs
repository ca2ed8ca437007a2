use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

use super::FilterFault;

/// The members of an object in their order, with their values as they were written.
#[derive(Debug)]
pub(super) struct Members<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> Members<'a> {
    /// The members of `value`; `None` if it is no object.
    ///
    /// # Errors
    /// [`FilterFault::NotJson`], also for a name that is no text.
    pub(super) fn read(value: &'a RawValue) -> Result<Option<Self>, FilterFault> {
        if !value.get().starts_with('{') {
            return Ok(None);
        }
        serde_json::from_str(value.get()).map(Some).map_err(|_| FilterFault::NotJson)
    }

    /// The value of the member `name`.
    ///
    /// # Errors
    /// [`FilterFault::Ambiguous`] if readers may differ about which it is: some take the last of two, and some take
    /// names in any letter case.
    pub(super) fn find(&self, name: &str) -> Result<Option<&'a RawValue>, FilterFault> {
        let mut candidates = self.0.iter().filter(|(it, _)| it.eq_ignore_ascii_case(name));
        match (candidates.next(), candidates.next()) {
            (None, _) => Ok(None),
            (Some((found, value)), None) if found == name => Ok(Some(value)),
            (Some(_), _) => Err(FilterFault::Ambiguous),
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &'a RawValue)> {
        self.0.iter().map(|(name, value)| (&**name, *value))
    }
}

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(Name(name)) = map.next_key()? {
            members.push((name, map.next_value()?));
        }
        Ok(Members(members))
    }
}

/// A name, copied only where it is written with escapes.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);
