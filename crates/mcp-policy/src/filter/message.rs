use mcp_message::{Edits, Limits, Message, Object, Outcome};
use serde_json::value::RawValue;

use super::{Expected, FilterFault, ListKind, ListPolicy, item};

/// Reduces one message or a batch of them; `None` if it may pass as it is.
pub(super) fn filter(
    text: &str,
    expected: Expected,
    policy: &dyn ListPolicy,
) -> Result<Option<String>, FilterFault> {
    let body = mcp_message::read(text.as_bytes(), &Limits { depth: DEEPEST, ..Limits::default() })?;
    let mut edits = Edits::of(text);
    for message in body.messages() {
        // A refusal, or something that the server says or asks on the way, holds no list.
        if let Message::Response { outcome: Outcome::Result(result), .. } = message {
            self::result(result, expected, policy, &mut edits)?;
        }
    }
    Ok(edits.apply()?)
}

fn result(
    result: &RawValue,
    expected: Expected,
    policy: &dyn ListPolicy,
    edits: &mut Edits<'_>,
) -> Result<(), FilterFault> {
    let Some(members) = Object::of(result) else { return expected.nothing() };
    if let Expected::List(kind) = expected {
        members.get(kind.member())?.ok_or(FilterFault::NotAList)?;
    }
    let mut is_list = false;
    for kind in ListKind::ALL {
        match members.get(kind.member())? {
            Some(value) if value.get().starts_with('[') => {
                is_list = true;
                list(kind, value, policy, edits)?;
            }
            Some(_) => expected.nothing()?,
            None => {}
        }
    }
    if is_list && policy.reduces() { make_private(result, &members, edits) } else { Ok(()) }
}

impl Expected {
    /// What is no list may pass only where anything may come.
    const fn nothing(self) -> Result<(), FilterFault> {
        match self {
            Self::List(_) => Err(FilterFault::NotAList),
            Self::Anything => Ok(()),
        }
    }
}

/// Takes out of the list what may not be used.
fn list(
    kind: ListKind,
    value: &RawValue,
    policy: &dyn ListPolicy,
    edits: &mut Edits<'_>,
) -> Result<(), FilterFault> {
    let items: Vec<&RawValue> = serde_json::from_str(value.get()).map_err(|_| FilterFault::NotAList)?;
    let mut kept = Vec::with_capacity(items.len());
    for item in &items {
        let may_use = item::read(kind, item, |listed| {
            policy.learn(listed);
            !policy.reduces() || policy.may_use(listed)
        })?;
        if may_use {
            kept.push(item.get());
        }
    }
    if kept.len() < items.len() {
        edits.replace(value, format!("[{}]", kept.join(",")));
    }
    Ok(())
}

/// Says so where the list has a scope, or may be kept for a while without one.
fn make_private(result: &RawValue, members: &Object<'_>, edits: &mut Edits<'_>) -> Result<(), FilterFault> {
    match members.get("cacheScope")? {
        Some(scope) if scope.get() == PRIVATE => {}
        Some(scope) => edits.replace(scope, PRIVATE.to_owned()),
        None if members.get("ttlMs")?.is_some() => {
            edits.add_at_end(result, format!(",\"cacheScope\":{PRIVATE}"));
        }
        None => {}
    }
    Ok(())
}

const PRIVATE: &str = "\"private\"";
/// Schemas of arguments are nested further than what clients send.
const DEEPEST: usize = 100;
