//! The HTTP+SSE transport of MCP 2024-11-05: a stream that names where messages are to be posted.

mod endpoint;
mod guard;
mod messages;

pub(crate) use endpoint::Opening;
pub(crate) use guard::EndpointGuard;
pub(crate) use messages::MessageAddresses;
