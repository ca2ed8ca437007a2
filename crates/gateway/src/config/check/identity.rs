use super::forwarded_headers::is_refused_in_request;
use crate::config::{Config, report::Problem};

/// The JWT travels in a header of its own.
///
/// `Authorization` is allowed: the client's is removed before, and some upstreams read nothing else.
pub(super) fn check(config: &Config) -> Result<(), Problem> {
    for (section, server) in super::servers(config) {
        let Some(jwt) = &server.identity.jwt else { continue };
        let header = jwt.header.as_str();
        if is_taken(header) {
            let message = format!(
                "`{header}` has another meaning: choose a header of its own, such as `X-MCP-Assertion`"
            );
            return Err(Problem::new(section.key("identity").key("jwt").key("header"), message));
        }
    }
    Ok(())
}

pub(super) fn is_taken(header: &str) -> bool {
    let is_ours = header == "authorization" || header.starts_with("x-mcp-");
    IDENTITY.contains(&header)
        || MCP.contains(&header)
        || header.starts_with("mcp-")
        || (is_refused_in_request(header) && !is_ours)
}

const IDENTITY: [&str; 4] = ["x-mcp-subject", "x-mcp-issuer", "x-mcp-client-id", "x-mcp-scope"];
const MCP: [&str; 6] =
    ["accept", "content-type", "content-encoding", "last-event-id", "origin", "user-agent"];
