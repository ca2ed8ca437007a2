use std::{collections::BTreeMap, fmt, path::PathBuf};

use serde::{Deserialize, Deserializer, de};

use crate::config::{
    SecretSource,
    value::{ByteSize, Period},
};

/// An MCP server that speaks over stdin and stdout, and is started by the gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StdioUpstream {
    /// The program: an absolute path, or a name that is looked up in `PATH` when the configuration is read.
    pub program: PathBuf,
    /// Its arguments, as they are: there is no shell.
    pub arguments: Vec<String>,
    /// What it finds in its environment beside the few names that every program needs.
    pub env: BTreeMap<String, VariableSource>,
    /// The variable of its environment that holds the credential of `[server.credential]`.
    pub credential_env: Option<String>,
    /// Where it runs; where the gateway runs, if nothing is said.
    pub directory: Option<PathBuf>,
    /// One process for everybody instead of one for each principal, for revisions from 2026-07-28 on.
    pub shared: bool,
}

/// The value of an environment variable: a text, or where a secret is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VariableSource {
    /// The value itself, which is no secret.
    Text(String),
    /// Where the value is.
    Secret(SecretSource),
}

/// What the processes of a `{ stdio = […] }` upstream may use, and for how long.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct ServerStdio {
    /// Processes at a time; `1` to `10000`.
    /// One that is being ended counts until it is gone.
    pub children: u32,
    /// Processes of one principal (a user through one client) at a time; `1` to `1000`.
    /// Whoever needs one more loses the MCP session that they used longest ago, if nobody waits for it.
    pub children_per_principal: u32,
    /// A process that nobody has used for so long is ended; `10s` to `24h`.
    pub idle: Period,
    /// A process is ended after this time, whoever uses it; `1m` to `7d`.
    pub life: Period,
    /// Time from the start of a process to its first answer; `1s` to `10m`.
    pub start: Period,
    /// Silence about a request after which it is given up; progress is no silence; `1s` to `24h`.
    pub answer: Period,
    /// When a process is ended, the time between the end of its input, SIGTERM, and SIGKILL for its whole process group, each; `100ms` to `30s`.
    pub grace: Period,
    /// The longest message, in both directions; `1KiB` to `1GiB`.
    pub message_bytes: ByteSize,
    /// Memory of a process for its data (`RLIMIT_DATA`), and of each that it starts; `16MiB` to `1TiB`.
    /// Without this key the limit of the gateway itself holds.
    pub memory: Option<ByteSize>,
    /// Open files of a process (`RLIMIT_NOFILE`); `16` to `1000000`.
    pub open_files: u32,
}

impl Default for ServerStdio {
    fn default() -> Self {
        Self {
            children: 100,
            children_per_principal: 10,
            idle: Period::from_secs(15 * 60),
            life: Period::from_secs(24 * 60 * 60),
            start: Period::from_secs(60),
            answer: Period::from_secs(5 * 60),
            grace: Period::from_secs(2),
            message_bytes: ByteSize::from_kib(4 * 1024),
            memory: None,
            open_files: 1024,
        }
    }
}

impl<'de> Deserialize<'de> for VariableSource {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Visitor)
    }
}

struct Visitor;

impl<'de> de::Visitor<'de> for Visitor {
    type Value = VariableSource;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(r#"a text, `{ env = "NAME" }` or `{ file = "PATH" }`"#)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<VariableSource, E> {
        Ok(VariableSource::Text(text.to_owned()))
    }

    fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<VariableSource, A::Error> {
        SecretSource::deserialize(de::value::MapAccessDeserializer::new(map)).map(VariableSource::Secret)
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for VariableSource {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "VariableSource".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let secret = SecretSource::json_schema(generator);
        schemars::json_schema!({
            "description": "a text, or a reference to a secret",
            "anyOf": [{ "type": "string" }, secret],
        })
    }
}
