#![doc = include_str!("../README.md")]
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "a target panics when what it holds does not hold"
)]

mod corpus;
mod event_stream;
mod mutation;
pub mod targets;

pub use self::{corpus::seeds, mutation::Mutations};

/// Something that reads what strangers send.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its name on the command line, and that of the folder of its seeds.
    pub name: &'static str,
    /// Reads an input and panics when what must hold of it does not; answers whether the input was taken for good.
    pub run: fn(&[u8]) -> bool,
    /// Words that its inputs are made of.
    pub words: &'static [&'static str],
}

/// Every target.
pub const TARGETS: [Target; 11] = [
    Target { name: "bearer", run: targets::bearer, words: targets::BEARER_WORDS },
    Target { name: "client_document", run: targets::client_document, words: targets::CLIENT_DOCUMENT_WORDS },
    Target { name: "endpoint", run: targets::endpoint, words: targets::ENDPOINT_WORDS },
    Target { name: "jwks", run: targets::jwks, words: targets::JWKS_WORDS },
    Target { name: "jwt", run: targets::jwt, words: targets::JWT_WORDS },
    Target { name: "keep_alive", run: targets::keep_alive, words: targets::EVENT_WORDS },
    Target { name: "list_filter", run: targets::list_filter, words: targets::LIST_FILTER_WORDS },
    Target { name: "message", run: targets::message, words: targets::MESSAGE_WORDS },
    Target { name: "mirrored", run: targets::mirrored, words: targets::MIRRORED_WORDS },
    Target { name: "path", run: targets::path, words: targets::PATH_WORDS },
    Target { name: "routing", run: targets::routing, words: targets::ROUTING_WORDS },
];
