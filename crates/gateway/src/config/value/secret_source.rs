use std::{fmt, path::PathBuf};

use serde::{Deserialize, Deserializer, de};

/// Where a secret is: `{ env = "NAME" }` or `{ file = "PATH" }`; the secret itself never stands in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretSource {
    /// In this environment variable.
    Env(String),
    /// In this file, not readable by everybody; a final line break is not part of the secret.
    File(PathBuf),
}

impl SecretSource {
    /// Whether `name` may be that of an environment variable: letters, digits and `_`.
    pub(in crate::config) fn is_variable_name(name: &str) -> bool {
        let allowed = |it: char| it.is_ascii_alphanumeric() || it == '_';
        !name.is_empty() && name.chars().all(allowed) && !name.starts_with(|it: char| it.is_ascii_digit())
    }
}

impl<'de> Deserialize<'de> for SecretSource {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Visitor)
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for SecretSource {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "SecretSource".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let variant = |key: &str, description: &str| {
            schemars::json_schema!({
                "type": "object",
                "properties": { key: { "type": "string", "description": description } },
                "required": [key],
                "additionalProperties": false,
            })
        };
        schemars::json_schema!({
            "description": "a reference to a secret, `{ env = \"NAME\" }` or `{ file = \"PATH\" }`",
            "oneOf": [
                variant("env", "name of an environment variable"),
                variant("file", "path of a file that only its owner can read"),
            ],
        })
    }
}

/// Reads the reference; its messages never repeat a value, which may be a secret in the wrong place.
struct Visitor;

impl<'de> de::Visitor<'de> for Visitor {
    type Value = SecretSource;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(EXPECTED)
    }

    fn visit_str<E: de::Error>(self, _: &str) -> Result<SecretSource, E> {
        Err(E::custom(format_args!("a secret must not stand in this file: write {EXPECTED}")))
    }

    fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<SecretSource, A::Error> {
        let wrong = || de::Error::custom(format_args!("write {EXPECTED}"));
        let key: String = map.next_key()?.ok_or_else(wrong)?;
        let source = match key.as_str() {
            "env" => SecretSource::Env(map.next_value().map_err(|_| wrong())?),
            "file" => SecretSource::File(map.next_value().map_err(|_| wrong())?),
            _ => return Err(wrong()),
        };
        if map.next_key::<String>()?.is_some() {
            return Err(wrong());
        }
        match source {
            SecretSource::Env(name) if !SecretSource::is_variable_name(&name) => Err(wrong()),
            SecretSource::File(path) if path.as_os_str().is_empty() => Err(wrong()),
            source => Ok(source),
        }
    }
}

const EXPECTED: &str = r#"`{ env = "NAME" }` or `{ file = "PATH" }`"#;
