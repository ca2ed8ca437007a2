use std::ops::Range;

use toml::{
    Spanned,
    de::{DeTable, DeValue, Error},
};

use super::{ConfigError, KeyPath, Problem, key_path::Step, mask};

/// The text of a file with the place of every key, for reports.
#[derive(Debug)]
pub(in crate::config) struct Document<'a> {
    file: &'a str,
    text: &'a str,
    root: Spanned<DeTable<'a>>,
    has_syntax: bool,
}

impl<'a> Document<'a> {
    /// Reads what can be read of `text`; a syntax error is for the caller to find.
    pub(in crate::config) fn new(text: &'a str, file: &'a str) -> Self {
        let (root, errors) = DeTable::parse_recoverable(text);
        Self { file, text, root, has_syntax: errors.is_empty() }
    }

    /// The key `name` of the root table, if it is there.
    pub(in crate::config) fn has(&self, name: &str) -> bool {
        self.root.get_ref().contains_key(name)
    }

    /// The report about what a check found.
    pub(in crate::config) fn refuse(&self, problem: &Problem) -> ConfigError {
        self.error(problem.key.to_string(), problem.message.clone(), self.span_of(&problem.key))
    }

    /// The report about what the TOML reader or a value type found.
    pub(in crate::config) fn refuse_toml(&self, error: &Error) -> ConfigError {
        let span = error.span().unwrap_or_default();
        let key = if self.has_syntax { self.key_at(&span).to_string() } else { String::new() };
        self.error(key, self.named(error.message(), &span), span)
    }

    /// The reader says that a key is there twice, and not which one.
    fn named(&self, message: &str, span: &Range<usize>) -> String {
        let name = self.text.get(span.clone()).unwrap_or_default();
        let is_bare =
            !name.is_empty() && name.bytes().all(|it| it.is_ascii_alphanumeric() || b"_-".contains(&it));
        if message == DUPLICATE && is_bare {
            return format!("{DUPLICATE} `{name}`: write it once, or join the two sections");
        }
        message.to_owned()
    }

    fn error(&self, key: String, message: String, span: Range<usize>) -> ConfigError {
        let text =
            if self.has_syntax { mask::by_key(self.text, &self.root) } else { mask::by_line(self.text) };
        ConfigError::at(self.file, &text, key, message, span)
    }

    /// Where the value of `path` stands, or the nearest section around it that is there.
    fn span_of(&self, path: &KeyPath) -> Range<usize> {
        let mut span = 0..0;
        let mut table = Some(self.root.get_ref());
        let mut value: Option<&Spanned<DeValue<'_>>> = None;
        for step in path.steps() {
            value = match step {
                Step::Key(name) => table.and_then(|it| it.get(name.as_str())),
                Step::Index(index) => value.and_then(|it| it.get_ref().get(*index)),
            };
            let Some(found) = value else { break };
            span = found.span();
            table = found.get_ref().as_table();
        }
        span
    }

    /// The innermost key whose name or value holds `span`.
    fn key_at(&self, span: &Range<usize>) -> KeyPath {
        in_table(self.root.get_ref(), &KeyPath::default(), span).unwrap_or_default()
    }
}

fn in_table(table: &DeTable<'_>, path: &KeyPath, span: &Range<usize>) -> Option<KeyPath> {
    table.iter().find_map(|(name, value)| {
        let here = path.key(name.get_ref());
        in_value(value, &here, span).or_else(|| holds(&name.span(), span).then_some(here))
    })
}

fn in_value(value: &Spanned<DeValue<'_>>, path: &KeyPath, span: &Range<usize>) -> Option<KeyPath> {
    let inner = match value.get_ref() {
        DeValue::Table(table) => in_table(table, path, span),
        DeValue::Array(items) => {
            items.iter().enumerate().find_map(|(index, item)| in_value(item, &path.index(index), span))
        }
        _ => None,
    };
    inner.or_else(|| holds(&value.span(), span).then(|| path.clone()))
}

fn holds(outer: &Range<usize>, inner: &Range<usize>) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}

const DUPLICATE: &str = "duplicate key";
