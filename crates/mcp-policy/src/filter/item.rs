use std::borrow::Cow;

use mcp_message::{Object, Operation, Target, text};
use serde_json::value::RawValue;

use super::FilterFault;

/// What is listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ListKind {
    /// `tools/list`.
    Tools,
    /// `prompts/list`.
    Prompts,
    /// `resources/list`.
    Resources,
    /// `resources/templates/list`.
    ResourceTemplates,
}

/// One item of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listed<'a> {
    /// Of which list.
    pub kind: ListKind,
    /// The name of a tool or prompt, the URI of a resource, the URI template of resources.
    pub name: &'a str,
    /// What a tool says of itself; nothing for the others.
    pub hints: ToolHints,
    /// The schema of a tool's arguments as it was written, if it has one; nothing for the others.
    pub schema: Option<&'a str>,
}

/// The annotations of a tool that rules may ask for: claims of the MCP server, `None` where it says nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ToolHints {
    /// `readOnlyHint`: it changes nothing.
    pub read_only: Option<bool>,
    /// `destructiveHint`: it may destroy something.
    pub destructive: Option<bool>,
}

impl<'a> Listed<'a> {
    /// What using it asks for, which the rules decide about.
    #[must_use]
    pub fn operation(&self) -> Operation<'a> {
        let name = Cow::Borrowed(self.name);
        let (method, target) = match self.kind {
            ListKind::Tools => ("tools/call", Target::Tool(name)),
            ListKind::Prompts => ("prompts/get", Target::Prompt(name)),
            ListKind::Resources | ListKind::ResourceTemplates => {
                ("resources/read", Target::Resources(vec![name]))
            }
        };
        Operation { method: Cow::Borrowed(method), target }
    }
}

impl ListKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Tools, Self::Prompts, Self::Resources, Self::ResourceTemplates];

    /// What a request of this method lists; `None` if it is no listing.
    #[must_use]
    pub fn of_method(method: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.method() == method)
    }

    /// The method that asks for it.
    #[must_use]
    pub const fn method(self) -> &'static str {
        match self {
            Self::Tools => "tools/list",
            Self::Prompts => "prompts/list",
            Self::Resources => "resources/list",
            Self::ResourceTemplates => "resources/templates/list",
        }
    }

    /// The member of the result that holds the list.
    pub(super) const fn member(self) -> &'static str {
        match self {
            Self::Tools => "tools",
            Self::Prompts => "prompts",
            Self::Resources => "resources",
            Self::ResourceTemplates => "resourceTemplates",
        }
    }

    /// The member of an item by which it is used.
    const fn key(self) -> &'static str {
        match self {
            Self::Tools | Self::Prompts => "name",
            Self::Resources => "uri",
            Self::ResourceTemplates => "uriTemplate",
        }
    }
}

/// Reads an item and asks `judge` about it.
pub(super) fn read<T>(
    kind: ListKind,
    item: &RawValue,
    judge: impl FnOnce(&Listed<'_>) -> T,
) -> Result<T, FilterFault> {
    let members = Object::of(item).ok_or(FilterFault::Item)?;
    let name = members.get(kind.key())?.and_then(text).ok_or(FilterFault::Item)?;
    let (hints, schema) = match kind {
        ListKind::Tools => (hints(&members)?, members.get("inputSchema")?.map(RawValue::get)),
        ListKind::Prompts | ListKind::Resources | ListKind::ResourceTemplates => (ToolHints::default(), None),
    };
    Ok(judge(&Listed { kind, name: &name, hints, schema }))
}

fn hints(tool: &Object<'_>) -> Result<ToolHints, FilterFault> {
    let Some(annotations) = tool.get("annotations")?.filter(|it| it.get() != "null") else {
        return Ok(ToolHints::default());
    };
    let annotations = Object::of(annotations).ok_or(FilterFault::Item)?;
    let hint = |name| -> Result<Option<bool>, FilterFault> {
        let Some(value) = annotations.get(name)? else { return Ok(None) };
        serde_json::from_str(value.get()).map_err(|_| FilterFault::Item)
    };
    Ok(ToolHints { read_only: hint("readOnlyHint")?, destructive: hint("destructiveHint")? })
}
