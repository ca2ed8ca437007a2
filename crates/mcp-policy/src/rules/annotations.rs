use std::{
    collections::HashMap,
    sync::{PoisonError, RwLock},
};

use mcp_message::mirrored::ToolParameters;

use crate::ToolHints;

/// What the tools of one MCP server say of themselves, as far as its lists were seen.
///
/// A tool that was not seen, and one that says nothing, counts as the specification says: it may change things and
/// destroy them (MCP, `ToolAnnotations`).
/// So does one beyond the most that is remembered.
#[derive(Debug)]
pub struct Annotations {
    tools: RwLock<HashMap<String, ToolHints>>,
    most: usize,
    parameters: ToolParameters,
}

impl Annotations {
    /// How many tools are remembered of one server.
    pub const MOST: usize = 4096;
    /// The longest name that is remembered, in bytes.
    pub const LONGEST_NAME: usize = 256;

    /// Nothing is known yet.
    #[must_use]
    pub fn new() -> Self {
        Self::with_room_for(Self::MOST)
    }

    fn with_room_for(most: usize) -> Self {
        Self { tools: RwLock::default(), most, parameters: ToolParameters::default() }
    }

    /// Remembers what a list says of a tool, in the place of what an earlier one said.
    pub fn learn(&self, tool: &str, hints: ToolHints) {
        if self.said(tool) == Some(hints) {
            return;
        }
        let mut tools = self.tools.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = tools.get_mut(tool) {
            *known = hints;
        } else if tools.len() < self.most && tool.len() <= Self::LONGEST_NAME {
            tools.insert(tool.to_owned(), hints);
        }
    }

    /// What they say of headers that mirror their arguments; it is learned apart.
    #[must_use]
    pub const fn parameters(&self) -> &ToolParameters {
        &self.parameters
    }

    /// What is known of a tool.
    #[must_use]
    pub fn hints(&self, tool: &str) -> ToolHints {
        self.said(tool).unwrap_or_default()
    }

    fn said(&self, tool: &str) -> Option<ToolHints> {
        self.tools.read().unwrap_or_else(PoisonError::into_inner).get(tool).copied()
    }
}

impl Default for Annotations {
    fn default() -> Self {
        Self::new()
    }
}

/// Whether a tool says that it changes nothing (`readOnlyHint`, by default false).
pub(super) fn is_read_only(hints: ToolHints) -> bool {
    hints.read_only == Some(true)
}

/// Whether a tool may destroy something (`destructiveHint`, by default true, of no meaning for one that changes nothing).
pub(super) fn is_destructive(hints: ToolHints) -> bool {
    !is_read_only(hints) && hints.destructive != Some(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HARMLESS: ToolHints = ToolHints { read_only: Some(true), destructive: None };

    #[test]
    fn what_is_unknown_counts_as_dangerous() {
        let hints = |read_only, destructive| ToolHints { read_only, destructive };
        for (read_only, destructive, expected) in [
            (None, None, (false, true)),
            (Some(true), None, (true, false)),
            (Some(true), Some(true), (true, false)),
            (Some(false), None, (false, true)),
            (Some(false), Some(false), (false, false)),
            (None, Some(false), (false, false)),
        ] {
            let hints = hints(read_only, destructive);
            assert_eq!((is_read_only(hints), is_destructive(hints)), expected, "{hints:?}");
        }
    }

    #[test]
    fn the_last_list_counts_and_memory_is_bounded() {
        let known = Annotations::with_room_for(2);
        known.learn("a", HARMLESS);
        known.learn("b", HARMLESS);
        known.learn("c", HARMLESS);
        assert_eq!((known.hints("a"), known.hints("c")), (HARMLESS, ToolHints::default()));
        known.learn("a", ToolHints::default());
        assert_eq!(known.hints("a"), ToolHints::default());
        let long = "x".repeat(Annotations::LONGEST_NAME + 1);
        let known = Annotations::new();
        known.learn(&long, HARMLESS);
        assert_eq!(known.hints(&long), ToolHints::default());
    }
}
