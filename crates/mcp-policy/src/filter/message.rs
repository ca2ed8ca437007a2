use serde_json::value::RawValue;

use super::{
    Expected, FilterFault, ListKind, ListPolicy, item,
    members::Members,
    output::{array, object},
};

/// Reduces one message or a batch of them; `None` if it may pass as it is.
pub(super) fn filter(
    text: &str,
    expected: Expected,
    policy: &dyn ListPolicy,
) -> Result<Option<String>, FilterFault> {
    let value: &RawValue = serde_json::from_str(text).map_err(|_| FilterFault::NotJson)?;
    if !value.get().starts_with('[') {
        return one(value, expected, policy);
    }
    let messages = elements(value)?;
    let filtered = messages.iter().map(|it| one(it, expected, policy)).collect::<Result<Vec<_>, _>>()?;
    if filtered.iter().all(Option::is_none) {
        return Ok(None);
    }
    let written = messages.iter().zip(&filtered).map(|(old, new)| new.as_deref().unwrap_or(old.get()));
    Ok(Some(array(written)))
}

fn one(
    message: &RawValue,
    expected: Expected,
    policy: &dyn ListPolicy,
) -> Result<Option<String>, FilterFault> {
    let members = Members::read(message)?.ok_or(FilterFault::NotAMessage)?;
    let (result, error, method) = (members.find("result")?, members.find("error")?, members.find("method")?);
    let Some(result) = result else {
        // A refusal, or something that the server says or asks on the way: no list is in there.
        return if error.is_some() == method.is_some() { Err(FilterFault::NotAMessage) } else { Ok(None) };
    };
    if error.is_some() || method.is_some() {
        return Err(FilterFault::NotAMessage);
    }
    let Some(result) = self::result(result, expected, policy)? else { return Ok(None) };
    Ok(Some(object(
        members
            .iter()
            .map(|(name, value)| (name, if name == "result" { result.as_str() } else { value.get() })),
    )))
}

fn result(
    result: &RawValue,
    expected: Expected,
    policy: &dyn ListPolicy,
) -> Result<Option<String>, FilterFault> {
    let Some(members) = Members::read(result)? else {
        return if expected == Expected::Anything { Ok(None) } else { Err(FilterFault::NotAList) };
    };
    if let Expected::List(kind) = expected {
        members.find(kind.member())?.ok_or(FilterFault::NotAList)?;
    }
    let mut changed = Vec::new();
    let mut is_list = false;
    for kind in ListKind::ALL {
        match members.find(kind.member())? {
            Some(value) if value.get().starts_with('[') => {
                is_list = true;
                changed.extend(list(kind, value, policy)?.map(|it| (kind.member(), it)));
            }
            Some(_) if expected != Expected::Anything => return Err(FilterFault::NotAList),
            _ => {}
        }
    }
    if !is_list {
        return Ok(None);
    }
    let must_add_scope = must_be_private(&members, &mut changed)?;
    if changed.is_empty() && !must_add_scope {
        return Ok(None);
    }
    let now = |name: &str| changed.iter().find(|(it, _)| *it == name).map(|(_, value)| value.as_str());
    let kept = members.iter().map(|(name, value)| (name, now(name).unwrap_or(value.get())));
    Ok(Some(object(kept.chain(must_add_scope.then_some((CACHE_SCOPE, PRIVATE))))))
}

/// Whether the member must be added, because there is none although the list may be kept for a while.
fn must_be_private(
    members: &Members<'_>,
    changed: &mut Vec<(&'static str, String)>,
) -> Result<bool, FilterFault> {
    match members.find(CACHE_SCOPE)? {
        Some(scope) if scope.get() == PRIVATE => Ok(false),
        Some(_) => {
            changed.push((CACHE_SCOPE, PRIVATE.to_owned()));
            Ok(false)
        }
        None => Ok(members.find("ttlMs")?.is_some()),
    }
}

/// The list without what may not be used; `None` if all of it may.
fn list(kind: ListKind, value: &RawValue, policy: &dyn ListPolicy) -> Result<Option<String>, FilterFault> {
    let items = elements(value)?;
    let mut kept = Vec::with_capacity(items.len());
    for item in &items {
        let may_use = item::read(kind, item, |listed| {
            policy.learn(listed);
            policy.may_use(listed)
        })?;
        if may_use {
            kept.push(item.get());
        }
    }
    Ok((kept.len() < items.len()).then(|| array(kept)))
}

fn elements(array: &RawValue) -> Result<Vec<&RawValue>, FilterFault> {
    serde_json::from_str(array.get()).map_err(|_| FilterFault::NotJson)
}

const CACHE_SCOPE: &str = "cacheScope";
const PRIVATE: &str = "\"private\"";
