//! What the end-to-end tests share.

#[cfg_attr(not(feature = "third-party"), expect(dead_code, reason = "some of it is of Option B"))]
mod gateway;
mod html;
mod http;
mod issuer;
mod one_server;
#[cfg_attr(not(feature = "third-party"), expect(dead_code, reason = "some of it is of Option B"))]
mod parts;
#[cfg_attr(not(feature = "third-party"), expect(dead_code, reason = "most of what people do is of Option B"))]
mod person;

pub(crate) use self::{
    gateway::{Gateway, STDOUT, Setup},
    http::{Answer, call, get, message, open, tool_call},
    issuer::{Issuer, unix_now},
    one_server::{ISSUER, one_server},
    parts::{Part, client_output, client_report, program_output},
    person::Person,
};
#[cfg(feature = "third-party")]
pub(crate) use self::{parts::ClientOutput, person::Page};
