#![doc = include_str!("../README.md")]

mod body;
mod code;
mod edits;
mod era;
mod error_body;
mod id;
mod invalid;
mod limits;
mod message;
/// Headers that mirror the body, held against it.
pub mod mirrored;
mod object;
mod operation;
mod parameters;
mod strict;

pub use body::{Body, read};
pub use code::ErrorCode;
pub use edits::{Edits, ForeignPart};
pub use era::{Era, FIRST_MODERN, PROTOCOL_VERSION_KEY, is_modern_revision};
pub use error_body::{error_body, error_body_with};
pub use id::Id;
pub use invalid::InvalidMessage;
pub use limits::Limits;
pub use message::{Message, Outcome};
pub use object::{Object, text};
pub use operation::{Operation, Target};
pub use parameters::MirroredParameters;

#[cfg(test)]
mod tests;
