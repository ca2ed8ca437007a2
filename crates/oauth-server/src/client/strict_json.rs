//! JSON in which every member of an object is there once.
//!
//! Of two members with one name, two programs may each take another one.

use std::fmt;

use serde::{
    Deserializer,
    de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Number, Value};

/// The text is no JSON object in UTF-8, or an object in it has a member twice, or it is nested too deeply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is not a JSON object without repeated members")]
pub(crate) struct NotStrict;

/// Reads one object and nothing else; a depth of more than 128 is refused.
pub(crate) fn object(text: &[u8]) -> Result<Map<String, Value>, NotStrict> {
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let value = Strict.deserialize(&mut deserializer).map_err(|_| NotStrict)?;
    deserializer.end().map_err(|_| NotStrict)?;
    match value {
        Value::Object(members) => Ok(members),
        _ => Err(NotStrict),
    }
}

#[derive(Clone, Copy)]
struct Strict;

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON without repeated members")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = access.next_element_seed(self)? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some(name) = access.next_key::<String>()? {
            let value = access.next_value_seed(self)?;
            if members.insert(name, value).is_some() {
                return Err(A::Error::custom("repeated member"));
            }
        }
        Ok(Value::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, good: bool) {
        assert_eq!(object(text.as_bytes()).is_ok(), good, "{text}");
    }

    #[test]
    fn h12_h28_only_one_object_without_repeated_members_is_read() {
        check(r#"{"a":1,"b":[{"a":null},{"a":-1.5}],"c":true}"#, true);
        check(r#" {"a":"x"} "#, true);
        check(r#"{"a":1,"a":1}"#, false);
        check(r#"{"b":[{"a":1,"a":2}]}"#, false);
        check(r#"{"a":1,"\u0061":2}"#, false);
        check(r#"{"a":1}{"#, false);
        check(r#"{"a":1},"#, false);
        check("\u{FEFF}{}", false);
        check("[]", false);
        check("null", false);
        check("", false);
        check(&format!("{{\"a\":{}{}}}", "[".repeat(100), "]".repeat(100)), true);
        check(&format!("{{\"a\":{}{}}}", "[".repeat(200), "]".repeat(200)), false);
        assert!(object(b"{\"a\":\"\xFF\"}").is_err(), "not UTF-8");
    }

    #[test]
    fn values_are_those_of_the_text() {
        let read = object(br#"{"a":[1,-2,0.5,"x\n",null,false,{"b":{}}]}"#).unwrap();
        let expected = serde_json::json!({"a": [1, -2, 0.5, "x\n", null, false, {"b": {}}]});
        assert_eq!(Value::Object(read), expected);
    }
}
