use std::{borrow::Cow, fmt};

use serde::de::{Deserialize, DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::InvalidMessage;

/// The members of an object, each value as it was written.
#[derive(Clone, Debug, Default)]
pub struct Object<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> Object<'a> {
    /// Its members; `None` when the value is not an object.
    ///
    /// Assumes a text that [`crate::read`] has gone through: it looks for no duplicates.
    #[must_use]
    pub fn of(value: &'a RawValue) -> Option<Self> {
        serde_json::from_str(value.get()).ok()
    }

    /// The value of `key`.
    ///
    /// # Errors
    /// [`InvalidMessage::LookAlikeKey`] when another key differs from it in the case of letters only, which readers
    /// that ignore case (Go's among them) would take for it.
    pub fn get(&self, key: &str) -> Result<Option<&'a RawValue>, InvalidMessage> {
        let mut found = None;
        for (name, value) in &self.0 {
            if name == key {
                found = Some(*value);
            } else if folds_to(name, key) {
                return Err(InvalidMessage::LookAlikeKey);
            }
        }
        Ok(found)
    }

    /// The text that `key` holds; `None` when it is absent.
    ///
    /// # Errors
    /// As [`Self::get`], and `otherwise` when it holds something that is not a string.
    pub fn text(&self, key: &str, otherwise: InvalidMessage) -> Result<Option<Cow<'a, str>>, InvalidMessage> {
        self.get(key)?.map(|it| text(it).ok_or(otherwise)).transpose()
    }

    /// The object that `key` holds; an empty one when it is absent.
    ///
    /// # Errors
    /// As [`Self::get`], and `otherwise` when it holds something that is not an object.
    pub fn object(&self, key: &str, otherwise: InvalidMessage) -> Result<Self, InvalidMessage> {
        match self.get(key)? {
            Some(value) => Self::of(value).ok_or(otherwise),
            None => Ok(Self::default()),
        }
    }

    /// Its members, in the order of the text.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &'a RawValue)> {
        self.0.iter().map(|(key, value)| (&**key, *value))
    }
}

/// The text of a JSON string; `None` when the value is not one.
#[must_use]
pub fn text(value: &RawValue) -> Option<Cow<'_, str>> {
    Key.deserialize(&mut serde_json::Deserializer::from_str(value.get())).ok()
}

/// Whether readers that ignore the case of letters take `name` for `key`, which is ASCII.
fn folds_to(name: &str, key: &str) -> bool {
    let fold = |it: char| match it {
        '\u{17F}' => 's',
        '\u{212A}' => 'k',
        _ => it.to_ascii_lowercase(),
    };
    name.chars().map(fold).eq(key.chars().map(fold))
}

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        reader.deserialize_map(Members)
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Object<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Object<'de>, A::Error> {
        let mut all = Vec::new();
        while let Some(key) = members.next_key_seed(Key)? {
            all.push((key, members.next_value()?));
        }
        Ok(Object(all))
    }
}

/// A string that borrows from the text when it holds no escapes.
pub(crate) struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Cow<'de, str>, D::Error> {
        reader.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Key {
    type Value = Cow<'de, str>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a string")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E>(self, text: &str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}
