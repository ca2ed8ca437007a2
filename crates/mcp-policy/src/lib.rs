#![doc = include_str!("../README.md")]

mod filter;
mod quota;
mod rules;
mod sse;

pub use filter::{Expected, FilterFault, ListKind, ListPolicy, Listed, StreamFilter, ToolHints, filter_json};
pub use quota::{Asker, Per, Quota, QuotaSpent, Quotas, ToolNames};
pub use rules::{
    Annotations, By, Caller, Callers, Decision, Effect, InvalidPattern, InvalidUriPattern, Otherwise,
    Outcome, Pattern, Rule, Rules, Targets, UriPattern, decide, is_of_mcp,
};
pub use sse::{SseFault, SseRewriter, Verdict};
