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
    FRAMING.contains(&name)
        || REQUEST.contains(&name)
        || ["x-forwarded-", "x-mcp-", "x-original-", "x-rewrite-"].iter().any(|it| name.starts_with(it))
}

fn is_refused_in_response(name: &str) -> bool {
    FRAMING.contains(&name) || RESPONSE.contains(&name) || name.starts_with("access-control-")
}

/// Hop-by-hop fields and those that delimit a message (RFC 9110 section 7.6.1).
const FRAMING: [&str; 9] = [
    "connection",
    "content-length",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "http2-settings",
];
const REQUEST: [&str; 11] = [
    "authorization",
    "baggage",
    "cookie",
    "dpop",
    "forwarded",
    "host",
    "proxy-authorization",
    "via",
    "x-http-method-override",
    "x-real-ip",
    "x-accel-internal",
];
const RESPONSE: [&str; 8] = [
    "alt-svc",
    "clear-site-data",
    "location",
    "proxy-authenticate",
    "set-cookie",
    "strict-transport-security",
    "www-authenticate",
    "x-accel-redirect",
];
