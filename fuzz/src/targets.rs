//! One function per target.

mod bearer;
mod client_document;
mod endpoint;
mod jwks;
mod jwt;
mod keep_alive;
mod list_filter;
mod message;
mod mirrored;
mod path;
mod routing;

pub use self::{
    bearer::{WORDS as BEARER_WORDS, run as bearer},
    client_document::{WORDS as CLIENT_DOCUMENT_WORDS, run as client_document},
    endpoint::{WORDS as ENDPOINT_WORDS, run as endpoint},
    jwks::{WORDS as JWKS_WORDS, run as jwks},
    jwt::{WORDS as JWT_WORDS, run as jwt},
    keep_alive::{WORDS as EVENT_WORDS, run as keep_alive},
    list_filter::{WORDS as LIST_FILTER_WORDS, run as list_filter},
    message::{WORDS as MESSAGE_WORDS, run as message},
    mirrored::{WORDS as MIRRORED_WORDS, run as mirrored},
    path::{WORDS as PATH_WORDS, run as path},
    routing::{WORDS as ROUTING_WORDS, run as routing},
};
