use http::{HeaderMap, HeaderName};
use serde_json::{Value, value::RawValue};

use crate::{
    InvalidMessage, Limits, Message, Object,
    mirrored::{Mismatch, decode, single},
    text,
};

/// The arguments of a tool that request headers mirror, `Mcp-Param-*` (MCP 2026-07-28, custom headers).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MirroredParameters(Vec<Parameter>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Parameter {
    header: HeaderName,
    /// The names that lead to it, from `arguments` on.
    path: Vec<String>,
    is_number: bool,
}

impl MirroredParameters {
    /// Those that the `inputSchema` of a tool marks with `x-mcp-header`, in properties of properties.
    ///
    /// None where a mark is not what the specification allows: clients leave such a tool out.
    #[must_use]
    pub fn of(schema: &RawValue) -> Self {
        let mut parameters = Vec::new();
        let schema: Value = serde_json::from_str(schema.get()).unwrap_or_default();
        match collect(&schema, &mut Vec::new(), &mut parameters) {
            Some(()) => Self(parameters),
            None => Self::default(),
        }
    }

    /// Whether no header mirrors an argument.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Holds the headers against the arguments of `message`, a call of the tool.
    ///
    /// An argument that is there, and is text, a number or a boolean, must be mirrored; the header of one that is
    /// absent or null is ignored. Numbers are compared as numbers.
    ///
    /// # Errors
    /// [`Mismatch`], with the JSON-RPC code of its answer.
    pub fn check(&self, headers: &HeaderMap, message: &Message<'_>, limits: &Limits) -> Result<(), Mismatch> {
        let Some(params) = message.params() else { return Ok(()) };
        let Some(arguments) = params.get("arguments")?.filter(|it| it.get() != "null") else { return Ok(()) };
        let arguments = Object::of(arguments).ok_or(InvalidMessage::Params)?;
        self.0.iter().try_for_each(|it| it.check(headers, &arguments, limits))
    }
}

impl Parameter {
    fn check(&self, headers: &HeaderMap, arguments: &Object<'_>, limits: &Limits) -> Result<(), Mismatch> {
        let Some(argument) = argument(arguments, &self.path) else { return Ok(()) };
        let written = match argument.get().as_bytes().first() {
            Some(b'"') => text(argument).ok_or(Mismatch::Different)?,
            Some(b't' | b'f' | b'-' | b'0'..=b'9') => argument.get().into(),
            // Null is none; lists and objects have no mirror, and are the tool's to refuse.
            _ => return Ok(()),
        };
        let is_number = self.is_number && !argument.get().starts_with(['"', 't', 'f']);
        let Some(header) = single(headers, &self.header, limits)? else {
            // Clients cannot write a number exactly that they cannot hold.
            return if is_number && !is_exact(&written) { Ok(()) } else { Err(Mismatch::Missing) };
        };
        let header = decode(header)?;
        let same = header == written || is_number && are_equal(&header, &written);
        if same { Ok(()) } else { Err(Mismatch::Different) }
    }
}

/// `None` if a mark is not allowed.
fn collect(schema: &Value, path: &mut Vec<String>, parameters: &mut Vec<Parameter>) -> Option<()> {
    let properties = schema.get("properties").and_then(Value::as_object);
    for (name, property) in properties.into_iter().flatten() {
        path.push(name.clone());
        if let Some(mark) = property.get("x-mcp-header") {
            let header = HeaderName::try_from(format!("mcp-param-{}", mark.as_str()?)).ok()?;
            let kind = property.get("type").and_then(Value::as_str)?;
            let is_number = matches!(kind, "integer" | "number");
            let is_twice = parameters.iter().any(|it| it.header == header);
            if is_twice || mark == "" || !(is_number || matches!(kind, "string" | "boolean")) {
                return None;
            }
            parameters.push(Parameter { header, path: path.clone(), is_number });
        }
        collect(property, path, parameters)?;
        path.pop();
    }
    Some(())
}

/// What `path` leads to, by names as they are written.
fn argument<'a>(arguments: &Object<'a>, path: &[String]) -> Option<&'a RawValue> {
    let (name, rest) = path.split_first()?;
    let (_, value) = arguments.iter().find(|(key, _)| key == name)?;
    if rest.is_empty() { Some(value) } else { argument(&Object::of(value)?, rest) }
}

/// Whether two decimal numbers are the same; those that no client holds exactly are not.
fn are_equal(one: &str, other: &str) -> bool {
    let is_decimal = |it: &str| it.bytes().all(|it| matches!(it, b'-' | b'.' | b'0'..=b'9'));
    let number = |it: &str| it.parse::<f64>().ok();
    is_decimal(one) && is_exact(one) && number(one) == number(other)
}

/// Whether every client holds this number without loss (RFC 8259 section 6).
fn is_exact(number: &str) -> bool {
    number.parse::<f64>().is_ok_and(|it| it.abs() <= MOST_EXACT)
}

const MOST_EXACT: f64 = 9_007_199_254_740_991.0;
