use std::path::PathBuf;

use serde::Deserialize;
use url::Url;

use crate::config::value::EndpointPath;

/// The MCP server behind a path: `{ http = "URL" }`, `{ unix = "SOCKET", path = "/mcp" }`, or `{ sse = "URL" }`.
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
}

impl Upstream {
    /// Its URL and the key of it, if it has one.
    #[must_use]
    pub const fn url(&self) -> Option<(&'static str, &Url)> {
        match self {
            Self::Http(url) => Some(("http", url)),
            Self::Sse(url) => Some(("sse", url)),
            Self::Unix { .. } => None,
        }
    }
}

impl TryFrom<Keys> for Upstream {
    type Error = &'static str;

    fn try_from(keys: Keys) -> Result<Self, Self::Error> {
        match keys {
            Keys { http: Some(url), sse: None, unix: None, path: None } => Ok(Self::Http(url)),
            Keys { http: None, sse: Some(url), unix: None, path: None } => Ok(Self::Sse(url)),
            Keys { http: None, sse: None, unix: Some(socket), path: Some(path) } => {
                Ok(Self::Unix { socket, path })
            }
            _ => Err(
                r#"write `{ http = "http://127.0.0.1:3000/mcp" }`, `{ unix = "/run/mcp.sock", path = "/mcp" }` or `{ sse = "http://127.0.0.1:3000/sse" }`"#,
            ),
        }
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Upstream {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        Keys::schema_name()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        Keys::json_schema(generator)
    }
}
