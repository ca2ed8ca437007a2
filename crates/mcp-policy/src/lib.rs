#![doc = include_str!("../README.md")]

mod filter;
mod quota;
mod sse;

pub use filter::{Expected, FilterFault, ListKind, ListPolicy, Listed, StreamFilter, ToolHints, filter_json};
pub use quota::{Asker, Per, Quota, QuotaSpent, Quotas, ToolNames};
pub use sse::{SseFault, SseRewriter, Verdict};
