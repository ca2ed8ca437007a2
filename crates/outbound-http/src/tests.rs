//! Attacks on the whole client, over real sockets on this machine.

mod answers;
pub(crate) mod corpus;
mod environment;
mod hosts;
mod http2;
mod names;
mod requests;
mod server;
mod setup;
mod tls;
