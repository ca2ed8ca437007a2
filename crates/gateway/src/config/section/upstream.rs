use std::path::PathBuf;

use serde::Deserialize;
use url::Url;

use crate::config::value::EndpointPath;

/// The MCP server behind a path: `{ http = "URL" }`, or `{ unix = "SOCKET", path = "/mcp" }`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Keys")]
pub enum Upstream {
    /// An `http` or `https` URL without user name and fragment.
    Http(Url),
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
    /// Unix socket that speaks HTTP; goes with `path`.
    unix: Option<PathBuf>,
    /// Path of the MCP endpoint on the unix socket.
    path: Option<EndpointPath>,
}

impl TryFrom<Keys> for Upstream {
    type Error = &'static str;

    fn try_from(keys: Keys) -> Result<Self, Self::Error> {
        match keys {
            Keys { http: Some(url), unix: None, path: None } => Ok(Self::Http(url)),
            Keys { http: None, unix: Some(socket), path: Some(path) } => Ok(Self::Unix { socket, path }),
            _ => Err(
                r#"write `{ http = "http://127.0.0.1:3000/mcp" }` or `{ unix = "/run/mcp.sock", path = "/mcp" }`"#,
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
