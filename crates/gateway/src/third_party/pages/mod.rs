//! The pages that people see: HTML from templates and one stylesheet, no script, nothing from elsewhere.
//!
//! A handler fills a view, and `into_response` makes an answer with status, headers and body of it.
//! Text from strangers reaches a template only as [`text::Shown`], and every value is escaped there.

mod address;
mod assets;
mod headers;
mod page;
mod text;
mod time;
mod view;

pub(crate) use self::{assets::router, view::*};

#[cfg(test)]
mod tests;
