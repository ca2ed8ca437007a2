#![doc = include_str!("../README.md")]

mod filter;
mod sse;

pub use filter::{Expected, FilterFault, ListKind, ListPolicy, Listed, StreamFilter, ToolHints, filter_json};
pub use sse::{SseFault, SseRewriter, Verdict};
