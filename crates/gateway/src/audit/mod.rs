//! The audit: a line for each decision, apart from the log, and what operators can hold against it.

mod entry;
mod escape;
mod file;
mod line;
mod trail;

pub(crate) use self::entry::Entry;
pub use self::{
    line::EventLine,
    trail::{Trail, TrailError},
};

#[cfg(test)]
mod tests;
