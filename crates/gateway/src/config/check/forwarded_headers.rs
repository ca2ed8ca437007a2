use crate::config::{
    Config, FieldName,
    report::{KeyPath, Problem},
};

/// Headers that carry credentials, identity or framing never cross the gateway.
pub(super) fn check(config: &Config) -> Result<(), Problem> {
    for (section, server) in super::servers(config) {
        let http = section.key("http");
        refuse(&http.key("request_headers"), &server.http.request_headers, is_refused_in_request)?;
        refuse(&http.key("response_headers"), &server.http.response_headers, is_refused_in_response)?;
    }
    Ok(())
}

fn refuse(key: &KeyPath, names: &[FieldName], is_refused: fn(&str) -> bool) -> Result<(), Problem> {
    match names.iter().enumerate().find(|(_, name)| is_refused(name.as_str())) {
        None => Ok(()),
        Some((index, name)) => {
            let message = format!(
                "`{name}` carries credentials, identity or framing and is never passed on: remove it"
            );
            Err(Problem::new(key.index(index), message))
        }
    }
}

/// Whether a request header must not reach the upstream as the client sent it.
pub(super) fn is_refused_in_request(name: &str) -> bool {
    is_framing(name)
        || REQUEST.contains(&name)
        || REQUEST_PREFIXES.iter().any(|it| name.starts_with(it))
        || name.contains("method-override")
        // Many servers read `x_user` and `x-user` as one.
        || name.contains('_')
}

fn is_refused_in_response(name: &str) -> bool {
    is_framing(name) || RESPONSE.contains(&name) || name.starts_with("access-control-")
}

/// About one connection or the framing of a message (RFC 9110 section 7.6.1).
fn is_framing(name: &str) -> bool {
    FRAMING.contains(&name) || name.starts_with("proxy-")
}

const FRAMING: [&str; 12] = [
    "connection",
    "content-encoding",
    "content-length",
    "expect",
    "host",
    "http2-settings",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
];
const REQUEST: [&str; 11] = [
    "accept-encoding",
    "authorization",
    "baggage",
    "cookie",
    "dpop",
    "forwarded",
    "mcp-session-id",
    "true-client-ip",
    "x-client-ip",
    "x-real-ip",
    "x-request-id",
];
const REQUEST_PREFIXES: [&str; 7] =
    ["mcp-gateway-", "mcp-init-host", "mcp-router-", "x-forwarded-", "x-mcp-", "x-original-", "x-rewrite-"];
const RESPONSE: [&str; 14] = [
    "alt-svc",
    "authentication-info",
    "authorization",
    "clear-site-data",
    "cookie",
    "location",
    "mcp-session-id",
    "refresh",
    "service-worker-allowed",
    "set-cookie",
    "set-cookie2",
    "strict-transport-security",
    "www-authenticate",
    "x-request-id",
];
