//! Reads texts so that an error points at the text itself, also within a list.

use std::{fmt, marker::PhantomData, str::FromStr};

use serde::{Deserialize, Deserializer, de};

/// A text that is parsed while the reader still knows its place.
pub(in crate::config) fn one<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: fmt::Display>,
{
    deserializer.deserialize_str(Visitor(PhantomData))
}

/// Such a text under a key that is there; `default` stands for one that is not.
pub(in crate::config) fn some<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: fmt::Display>,
{
    one(deserializer).map(Some)
}

/// A list of such texts.
pub(in crate::config) fn list<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: fmt::Display>,
{
    let items = Vec::<Item<T>>::deserialize(deserializer)?;
    Ok(items.into_iter().map(|it| it.0).collect())
}

/// Such a list under a key that is there; `default` stands for one that is not.
pub(in crate::config) fn some_list<'de, D, T>(deserializer: D) -> Result<Option<Vec<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: fmt::Display>,
{
    list(deserializer).map(Some)
}

#[derive(Deserialize)]
#[serde(transparent, bound = "T: FromStr<Err: fmt::Display>")]
struct Item<T>(#[serde(deserialize_with = "one")] T);

struct Visitor<T>(PhantomData<T>);

impl<T: FromStr<Err: fmt::Display>> de::Visitor<'_> for Visitor<T> {
    type Value = T;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a text")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }
}
