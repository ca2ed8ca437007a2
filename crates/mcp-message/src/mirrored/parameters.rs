use std::{
    collections::HashMap,
    sync::{PoisonError, RwLock},
};

use http::HeaderMap;
use serde_json::value::RawValue;

use super::{Mismatch, decode, single};
use crate::{Limits, Message, Object, Operation, Target, text};

/// What the tools of one MCP server say of headers that mirror their arguments, as far as its lists were seen.
///
/// The last list counts. Of a tool that was not seen nothing is known, and nothing is held against its calls: whoever
/// does not know a header must leave it alone (MCP 2026-07-28, custom headers).
#[derive(Debug, Default)]
pub struct ToolParameters(RwLock<HashMap<String, Parameters>>);

/// Which arguments of one tool headers mirror: those that its `inputSchema` marks with `x-mcp-header`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Parameters(Vec<Parameter>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Parameter {
    /// `mcp-param-…`, in small letters.
    header: String,
    /// Where the argument is: through `properties` only.
    path: Vec<String>,
}

impl ToolParameters {
    /// How many tools with such arguments are remembered of one server.
    pub const MOST: usize = 4096;

    /// Remembers what a list says of `tool`: its `inputSchema` as it was written, if it has one.
    pub fn learn(&self, tool: &str, schema: Option<&str>) {
        let schema = schema.and_then(|it| serde_json::from_str::<&RawValue>(it).ok());
        let parameters = schema.map(Parameters::of).unwrap_or_default();
        if self.0.read().unwrap_or_else(PoisonError::into_inner).get(tool).unwrap_or(&NONE) == &parameters {
            return;
        }
        let mut tools = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if parameters.0.is_empty() {
            tools.remove(tool);
        } else if tools.contains_key(tool) || (tools.len() < Self::MOST && tool.len() <= LONGEST) {
            tools.insert(tool.to_owned(), parameters);
        }
    }

    /// Remembers what the result of `tools/list` says; nothing of what is no such result.
    pub fn learn_list(&self, result: &RawValue) {
        let tools = Object::of(result).and_then(|it| it.get("tools").ok()?);
        let tools: Vec<&RawValue> =
            tools.and_then(|it| serde_json::from_str(it.get()).ok()).unwrap_or_default();
        for tool in tools.into_iter().filter_map(Object::of) {
            let Some(name) = tool.get("name").ok().flatten().and_then(text) else { continue };
            self.learn(&name, tool.get("inputSchema").ok().flatten().map(RawValue::get));
        }
    }

    /// Holds the headers `Mcp-Param-*` against the arguments of each call in `messages` of a tool that is known.
    ///
    /// Those that are there must say what the argument says, and there must be none for an argument that is not there or
    /// null. With `demanded`, as for whoever is the server, there must also be one for each argument that is there.
    ///
    /// # Errors
    /// [`Mismatch`], with the JSON-RPC code of its answer.
    pub fn check(
        &self,
        headers: &HeaderMap,
        messages: &[Message<'_>],
        demanded: bool,
        limits: &Limits,
    ) -> Result<(), Mismatch> {
        let tools = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if tools.is_empty() {
            return Ok(());
        }
        messages.iter().try_for_each(|message| {
            let Target::Tool(tool) = Operation::of(message)?.target else { return Ok(()) };
            tools.get(&*tool).map_or(Ok(()), |it| it.check(headers, message, demanded, limits))
        })
    }
}

impl Parameters {
    /// Those of a schema; none of one that marks two arguments for the same header, or very many, which is no good one.
    fn of(schema: &RawValue) -> Self {
        let mut all = Vec::new();
        collect(schema, &mut Vec::new(), &mut all);
        let mut headers: Vec<_> = all.iter().map(|it| &it.header).collect();
        headers.sort();
        let repeats = headers.windows(2).any(|it| matches!(it, [one, other] if one == other));
        let length = |it: &Parameter| it.header.len() + it.path.iter().map(String::len).sum::<usize>();
        if repeats || all.iter().map(length).sum::<usize>() > MOST_BYTES {
            Self::default()
        } else {
            Self(all)
        }
    }

    fn check(
        &self,
        headers: &HeaderMap,
        message: &Message<'_>,
        demanded: bool,
        limits: &Limits,
    ) -> Result<(), Mismatch> {
        let arguments = message.params().map(|it| it.get("arguments")).transpose()?.flatten();
        let arguments = arguments.and_then(Object::of);
        for Parameter { header, path } in &self.0 {
            let said = single(headers, header, limits)?.map(decode).transpose()?;
            let value = arguments.as_ref().and_then(|it| argument(it, path));
            match (said.as_deref(), value) {
                (Some(said), Some(value)) if says(said, value) => {}
                (Some(_), _) => return Err(Mismatch::Different),
                (None, Some(_)) if demanded => return Err(Mismatch::Missing),
                (None, _) => {}
            }
        }
        Ok(())
    }
}

/// Notes the marks of `schema`, which is that of the argument at `path`.
fn collect(schema: &RawValue, path: &mut Vec<String>, all: &mut Vec<Parameter>) {
    let Some(members) = Object::of(schema) else { return };
    let member = |name: &str| members.iter().find(|(key, _)| *key == name).map(|(_, value)| value);
    if let Some(name) = member("x-mcp-header").and_then(text)
        && !path.is_empty()
    {
        all.push(Parameter {
            header: format!("mcp-param-{}", name.to_ascii_lowercase()),
            path: path.clone(),
        });
    }
    let Some(properties) = member("properties").and_then(Object::of) else { return };
    for (name, schema) in properties.iter() {
        path.push(name.to_owned());
        collect(schema, path, all);
        path.pop();
    }
}

/// The argument at `path`, unless it is absent or null.
fn argument<'a>(arguments: &Object<'a>, path: &[String]) -> Option<&'a RawValue> {
    let (first, rest) = path.split_first()?;
    let value = arguments.iter().find(|(key, _)| key == first)?.1;
    if rest.is_empty() {
        return (value.get() != "null").then_some(value);
    }
    argument(&Object::of(value)?, rest)
}

/// Whether a header says what an argument says: texts and truth values to the letter, numbers by their value.
fn says(header: &str, value: &RawValue) -> bool {
    if let Some(text) = text(value) {
        return text == header;
    }
    match value.get() {
        literal @ ("true" | "false") => header == literal,
        number => same_number(header, number),
    }
}

fn same_number(one: &str, other: &str) -> bool {
    let whole = |it: &str| it.parse::<i128>().ok().filter(|_| !it.starts_with('+'));
    if let (Some(one), Some(other)) = (whole(one), whole(other)) {
        return one == other;
    }
    let number = |it: &str| serde_json::from_str::<f64>(it).ok();
    number(one).zip(number(other)).is_some_and(|(one, other)| one.total_cmp(&other).is_eq())
}

static NONE: Parameters = Parameters(Vec::new());
/// The longest name of a tool that is remembered, in bytes.
const LONGEST: usize = 256;
/// Names of headers and arguments of one tool, in bytes.
const MOST_BYTES: usize = 8 * 1024;

#[cfg(test)]
mod tests;
