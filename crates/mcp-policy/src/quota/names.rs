/// Names of tools, in which `*` stands for any text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolNames(Vec<String>);

impl ToolNames {
    /// These names.
    #[must_use]
    pub const fn new(names: Vec<String>) -> Self {
        Self(names)
    }

    /// Whether `tool` is one of them.
    #[must_use]
    pub fn contain(&self, tool: &str) -> bool {
        self.0.iter().any(|it| matches(it, tool))
    }
}

/// The parts between the asterisks must follow one another, the first at the beginning and the last at the end.
pub(crate) fn matches(pattern: &str, name: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == name };
    let Some(mut name) = name.strip_prefix(first) else { return false };
    let mut parts = rest.split('*');
    let last = parts.next_back().unwrap_or_default();
    for part in parts {
        let Some(at) = name.find(part) else { return false };
        name = name.get(at + part.len()..).unwrap_or_default();
    }
    name.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_asterisk_stands_for_any_text() {
        for (pattern, name, expected) in [
            ("read", "read", true),
            ("read", "Read", false),
            ("read", "reader", false),
            ("*", "", true),
            ("*", "a", true),
            ("read_*", "read_", true),
            ("read_*", "read", false),
            ("*_file", "read_file", true),
            ("*_file", "read_files", false),
            ("a*b*c", "abc", true),
            ("a*b*c", "a_b_b_c", true),
            ("a*b*c", "acb", false),
            ("a*a", "a", false),
            ("a*a", "aa", true),
            ("*b*b*", "ab", false),
            ("a**c", "abc", true),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
        let names = ToolNames::new(vec!["a".to_owned(), "b*".to_owned()]);
        assert!(names.contain("a") && names.contain("bc") && !names.contain("c"));
    }
}
