//! JSON from parts that are JSON already.

/// An object of these members; values are written as they are.
pub(super) fn object<'a>(members: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let members = members.into_iter().map(|(name, value)| format!("{}:{value}", quoted(name)));
    format!("{{{}}}", joined(members))
}

/// An array of these elements, written as they are.
pub(super) fn array<'a>(elements: impl IntoIterator<Item = &'a str>) -> String {
    format!("[{}]", joined(elements.into_iter()))
}

fn joined<T: AsRef<str>>(parts: impl Iterator<Item = T>) -> String {
    let mut all = String::new();
    for part in parts {
        if !all.is_empty() {
            all.push(',');
        }
        all.push_str(part.as_ref());
    }
    all
}

fn quoted(name: &str) -> String {
    serde_json::Value::from(name).to_string()
}
