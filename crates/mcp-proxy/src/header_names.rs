use http::header::CONNECTION;
use http::{HeaderMap, HeaderName};

/// Whether a header belongs to MCP itself, in either direction.
///
/// `Mcp-Param-*` carries the names of tool parameters, which may have underscores.
/// Elsewhere an underscore is refused, because many servers read `mcp_name` and `mcp-name` as one.
pub(crate) fn is_mcp(name: &str) -> bool {
    name.strip_prefix("mcp-").is_some_and(|rest| {
        let internal = rest == "init-host" || rest.starts_with("router-") || rest.starts_with("gateway-");
        !internal && (rest.starts_with("param-") || !rest.contains('_'))
    })
}

/// Whether a header is about one connection, not about the message (RFC 9110 section 7.6.1), or about its framing.
pub(crate) fn is_connection_specific(name: &str) -> bool {
    matches!(
        name,
        "connection"
            | "content-length"
            | "expect"
            | "host"
            | "http2-settings"
            | "keep-alive"
            | "te"
            | "trailer"
            | "transfer-encoding"
            | "upgrade"
    ) || name.starts_with("proxy-")
}

/// The headers that a message's `Connection` names, which end here (RFC 9110 section 7.6.1).
pub(crate) struct Nominated<'a>(&'a HeaderMap);

impl<'a> Nominated<'a> {
    /// `None` in the usual case, that the message names no header.
    pub(crate) fn of(headers: &'a HeaderMap) -> Option<Self> {
        let names_headers = |value: &http::HeaderValue| {
            !value.as_bytes().eq_ignore_ascii_case(b"keep-alive") && value.as_bytes() != b"close"
        };
        headers.get_all(CONNECTION).iter().any(names_headers).then_some(Self(headers))
    }

    pub(crate) fn contains(&self, name: &HeaderName) -> bool {
        self.0
            .get_all(CONNECTION)
            .iter()
            .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
            .any(|option| option.trim_ascii().eq_ignore_ascii_case(name.as_str().as_bytes()))
    }
}
