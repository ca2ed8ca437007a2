use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// Reads one JSON object and nothing after it.
///
/// A member that appears twice, at whatever depth, is an error (RFC 7519 section 4, RFC 8725 section 2.4), and so are
/// more than 16 levels or 4096 values: no genuine token has them.
pub(crate) fn strict_object(json: &[u8]) -> Result<Map<String, Value>, serde_json::Error> {
    let mut budget = MAX_VALUES;
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    let value = Strict { depth: MAX_DEPTH, budget: &mut budget }.deserialize(&mut deserializer)?;
    deserializer.end()?;
    match value {
        Value::Object(members) => Ok(members),
        _ => Err(serde_json::Error::custom("not an object")),
    }
}

const MAX_DEPTH: usize = 16;
const MAX_VALUES: usize = 4096;

struct Strict<'a> {
    depth: usize,
    budget: &'a mut usize,
}

impl Strict<'_> {
    fn inner<E: serde::de::Error>(&mut self) -> Result<Strict<'_>, E> {
        let depth = self.depth.checked_sub(1).ok_or_else(|| E::custom("nested too deeply"))?;
        Ok(Strict { depth, budget: self.budget })
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        *self.budget = self.budget.checked_sub(1).ok_or_else(|| D::Error::custom("too many values"))?;
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("not a finite number"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut elements: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(element) = elements.next_element_seed(self.inner()?)? {
            list.push(element);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            let value = members.next_value_seed(self.inner()?)?;
            if object.insert(name, value).is_some() {
                return Err(A::Error::custom("a member appears twice"));
            }
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(json: &str, fits: bool) {
        assert_eq!(strict_object(json.as_bytes()).is_ok(), fits, "{}", json.get(..60).unwrap_or(json));
    }

    #[test]
    fn b18_a_member_appears_once_at_every_depth() {
        check(r#"{"a":1,"b":{"a":1}}"#, true);
        check(r#"{"a":1,"a":1}"#, false);
        check(r#"{"a":1,"\u0061":1}"#, false);
        check(r#"{"b":{"a":1,"a":2}}"#, false);
        check(r#"{"b":[{"a":1,"a":2}]}"#, false);
    }

    #[test]
    fn b28_depth_and_number_of_values_are_bounded() {
        let nested = |depth| format!("{{\"a\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
        check(&nested(15), true);
        check(&nested(17), false);
        check(&nested(100_000), false);
        let many = |count: usize| format!("{{\"a\":[{}0]}}", "0,".repeat(count - 1));
        check(&many(4_000), true);
        check(&many(5_000), false);
        let claims = |count| {
            let members: Vec<_> = (0..count).map(|it| format!("\"c{it}\":0")).collect();
            format!("{{{}}}", members.join(","))
        };
        check(&claims(1_000), true);
        check(&claims(10_000), false);
    }

    #[test]
    fn b19_only_one_object_of_finite_numbers() {
        check(r#"{"exp":1e3}"#, true);
        check(r#"{"exp":1e400}"#, false);
        check(r#"{"exp":NaN}"#, false);
        check("[]", false);
        check("{} {}", false);
        check("{}x", false);
        check("", false);
    }
}
