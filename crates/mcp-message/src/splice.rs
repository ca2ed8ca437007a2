use serde_json::value::RawValue;

/// `text` with `part`, which was borrowed from it, replaced by other JSON; every other byte stays.
///
/// `None` when `part` is not from `text`.
#[must_use]
pub fn splice(text: &str, part: &RawValue, replacement: &str) -> Option<String> {
    let start = (part.get().as_ptr() as usize).checked_sub(text.as_ptr() as usize)?;
    let before = text.get(..start)?;
    let after = text.get(start.checked_add(part.get().len())?..)?;
    Some([before, replacement, after].concat())
}
