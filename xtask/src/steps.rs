//! The steps of the gate, one per file.

pub(crate) mod clippy;
pub(crate) mod codegen;
pub(crate) mod deny;
pub(crate) mod docs;
pub(crate) mod durability;
pub(crate) mod features;
pub(crate) mod format;
pub(crate) mod parts;
pub(crate) mod rust;
pub(crate) mod tests;
pub(crate) mod tidy;
