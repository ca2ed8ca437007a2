use std::{collections::BTreeMap, path::PathBuf};

use serde::Deserialize;
use url::Url;

use super::{StdioUpstream, VariableSource};
use crate::config::value::EndpointPath;

/// The MCP server behind a path: `{ http = "URL" }`, `{ unix = "SOCKET", path = "/mcp" }`, `{ sse = "URL" }`,
/// or `{ stdio = ["PROGRAM"] }`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Keys")]
pub enum Upstream {
    /// An `http` or `https` URL without user name and fragment.
    Http(Url),
    /// The same of the stream of an HTTP+SSE server, as MCP 2024-11-05 has it.
    Sse(Url),
    /// A unix socket that speaks HTTP.
    Unix {
        /// The socket.
        socket: PathBuf,
        /// The path of the MCP endpoint on it.
        path: EndpointPath,
    },
    /// A program that speaks over stdin and stdout.
    Stdio(StdioUpstream),
}

/// The keys as written; [`Upstream`] is what they mean.
#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Upstream"))]
#[serde(deny_unknown_fields)]
struct Keys {
    /// `http` or `https` URL of the MCP endpoint, without user name and fragment.
    http: Option<Url>,
    /// `http` or `https` URL of the stream of a server that speaks HTTP+SSE, the transport of MCP 2024-11-05, often `/sse`.
    /// Clients open the stream at `path` and post messages to `path` with `/message` behind it.
    sse: Option<Url>,
    /// Unix socket that speaks HTTP; goes with `path`.
    unix: Option<PathBuf>,
    /// Path of the MCP endpoint on the unix socket.
    path: Option<EndpointPath>,
    /// Program and arguments of an MCP server that speaks over stdin and stdout.
    /// The program is an absolute path, a path relative to the folder of this file, or a name that is looked up in `PATH`; there is no shell.
    stdio: Option<Vec<String>>,
    /// Environment of that program: `{ LOG_LEVEL = "info", API_TOKEN = { env = "NAME" } }`.
    /// Beside it there are `PATH`, `HOME`, `USER`, `LOGNAME`, `LANG`, `LC_ALL`, `TZ` and `TMPDIR` of the gateway, and nothing else.
    env: Option<BTreeMap<String, VariableSource>>,
    /// The variable of its environment in which each process finds the credential of `[server.credential]`, that of its
    /// person where there is one for each.
    /// A process keeps what it was started with: let `stdio.life` be shorter than the life of such a token.
    credential_env: Option<String>,
    /// The folder in which that program runs.
    directory: Option<PathBuf>,
    /// One process for everybody, for clients of revision 2026-07-28; without this key each principal has one of their own.
    shared: Option<bool>,
}

impl Upstream {
    /// Its URL and the key of it, if it has one.
    #[must_use]
    pub const fn url(&self) -> Option<(&'static str, &Url)> {
        match self {
            Self::Http(url) => Some(("http", url)),
            Self::Sse(url) => Some(("sse", url)),
            Self::Unix { .. } | Self::Stdio(_) => None,
        }
    }
}

impl TryFrom<Keys> for Upstream {
    type Error = &'static str;

    fn try_from(keys: Keys) -> Result<Self, Self::Error> {
        let Keys { http, sse, unix, path, stdio, env, credential_env, directory, shared } = keys;
        let of_a_program =
            env.is_some() || credential_env.is_some() || directory.is_some() || shared.is_some();
        match (http, sse, unix, path, stdio) {
            (Some(url), None, None, None, None) if !of_a_program => Ok(Self::Http(url)),
            (None, Some(url), None, None, None) if !of_a_program => Ok(Self::Sse(url)),
            (None, None, Some(socket), Some(path), None) if !of_a_program => Ok(Self::Unix { socket, path }),
            (None, None, None, None, Some(command)) => {
                let mut words = command.into_iter();
                let program = words.next().filter(|it| !it.is_empty()).ok_or(EXPECTED)?.into();
                Ok(Self::Stdio(StdioUpstream {
                    program,
                    arguments: words.collect(),
                    env: env.unwrap_or_default(),
                    credential_env,
                    directory,
                    shared: shared.unwrap_or_default(),
                }))
            }
            _ => Err(EXPECTED),
        }
    }
}

const EXPECTED: &str = r#"write `{ http = "http://127.0.0.1:3000/mcp" }`, `{ unix = "/run/mcp.sock", path = "/mcp" }`, `{ sse = "http://127.0.0.1:3000/sse" }` or `{ stdio = ["python3", "/srv/server.py"] }`"#;

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Upstream {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        Keys::schema_name()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        Keys::json_schema(generator)
    }
}
