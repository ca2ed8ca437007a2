//! What the end-to-end tests share.

mod gateway;
mod http;
mod issuer;
mod parts;

pub(crate) use self::{
    gateway::{Gateway, Setup},
    http::{call, get, open, tool_call},
    issuer::{Issuer, unix_now},
    parts::{Part, program_output},
};
