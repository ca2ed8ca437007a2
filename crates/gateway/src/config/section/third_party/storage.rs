use std::path::PathBuf;

use serde::Deserialize;

use crate::config::value::SecretSource;

/// Where the state is: `{ redb = "PATH" }`, `{ postgres = { env = "DATABASE_URL" } }`, or `{ memory = true }`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Keys")]
pub enum Storage {
    /// A redb database file, which one process at a time can use.
    Redb(PathBuf),
    /// A PostgreSQL database, which several processes can use; where its URL is.
    Postgres(SecretSource),
    /// Nowhere: a restart ends every grant and forgets every client.
    Memory,
}

/// The keys as written; [`Storage`] is what they mean.
#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Storage"))]
#[serde(deny_unknown_fields)]
struct Keys {
    /// Path of a redb database file, for one process at a time; its folder must exist.
    redb: Option<PathBuf>,
    /// Where the URL of a PostgreSQL database is, which several gateways share: `{ env = "DATABASE_URL" }` or
    /// `{ file = "PATH" }`. Needs a build with `--features postgres`.
    /// A server on another machine needs `sslmode=verify-full` in the URL.
    postgres: Option<SecretSource>,
    /// Keep everything in memory, for development: a restart ends every grant.
    memory: Option<bool>,
}

impl TryFrom<Keys> for Storage {
    type Error = &'static str;

    fn try_from(keys: Keys) -> Result<Self, Self::Error> {
        match keys {
            Keys { redb: Some(path), postgres: None, memory: None } if !path.as_os_str().is_empty() => {
                Ok(Self::Redb(path))
            }
            Keys { redb: None, postgres: Some(source), memory: None } => Ok(Self::Postgres(source)),
            Keys { redb: None, postgres: None, memory: Some(true) } => Ok(Self::Memory),
            _ => Err(
                r#"write `{ redb = "state.redb" }`, `{ postgres = { env = "DATABASE_URL" } }`, or `{ memory = true }` for development"#,
            ),
        }
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Storage {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        Keys::schema_name()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        Keys::json_schema(generator)
    }
}
