//! One walk over the whole text that refuses what two readers could understand differently.

use std::{borrow::Cow, cell::Cell, collections::HashSet, fmt};

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::{InvalidMessage, object::Key};

/// # Errors
/// When the text is not one JSON text, is nested too deeply, or an object of it holds a key twice.
pub(crate) fn check(text: &str, depth: usize) -> Result<(), InvalidMessage> {
    let fault = Cell::new(None);
    let mut reader = serde_json::Deserializer::from_str(text);
    let walked = Walk { room: depth, fault: &fault }.deserialize(&mut reader).and_then(|()| reader.end());
    walked.map_err(|_| fault.get().unwrap_or(InvalidMessage::NotJson))
}

/// A walk with room for so many levels more. It reads every string, so that each is known to be one.
#[derive(Clone, Copy)]
struct Walk<'f> {
    room: usize,
    fault: &'f Cell<Option<InvalidMessage>>,
}

impl Walk<'_> {
    fn deeper<E: Error>(self) -> Result<Self, E> {
        match self.room.checked_sub(1) {
            Some(room) => Ok(Self { room, ..self }),
            None => Err(self.refuse(InvalidMessage::TooDeep)),
        }
    }

    fn refuse<E: Error>(self, fault: InvalidMessage) -> E {
        self.fault.set(Some(fault));
        E::custom(fault)
    }
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        let inner = self.deeper()?;
        while elements.next_element_seed(inner)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let inner = self.deeper()?;
        let mut seen = HashSet::<Cow<'de, str>>::new();
        while let Some(key) = members.next_key_seed(Key)? {
            if key == "__proto__" || key.starts_with(OF_SERDE_JSON) {
                return Err(self.refuse(InvalidMessage::ForbiddenKey));
            }
            if !seen.insert(key) {
                return Err(self.refuse(InvalidMessage::DuplicateKey));
            }
            members.next_value_seed(inner)?;
        }
        Ok(())
    }
}

/// `serde_json::Value` takes an object with such a key for the JSON in the text that it holds.
const OF_SERDE_JSON: &str = "$serde_json::private::";
