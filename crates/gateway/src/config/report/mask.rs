//! Hides texts that stand where a secret is meant, so that a report cannot carry one into a log.

use std::ops::Range;

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use crate::config::SecretSource;

/// `text` with the texts under secret keys masked, found by the keys of `root`.
pub(super) fn by_key(text: &str, root: &Spanned<DeTable<'_>>) -> String {
    let mut spans = Vec::new();
    in_table(root.get_ref(), false, &mut spans);
    spans.into_iter().fold(text.to_owned(), |text, span| mask(&text, span))
}

/// `text` with all that follows a secret key on its line masked; for a text that is no TOML.
pub(super) fn by_line(text: &str) -> String {
    let mut masked = text.to_owned();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let equals = line.match_indices('=').find(|(at, _)| is_secret_key(last_word(line, *at)));
        if let Some((at, _)) = equals {
            let value = start + at + 1;
            let opens_lines = line.contains("\"\"\"") || line.contains("'''");
            let end = if opens_lines { text.len() } else { start + line.trim_end().len() };
            masked = mask(&masked, value..end.max(value));
        }
        start += line.len();
    }
    masked
}

fn in_table(table: &DeTable<'_>, secret: bool, spans: &mut Vec<Range<usize>>) {
    for (name, value) in table {
        let name: &str = name.get_ref();
        // The TLS section is known by its certificate: its key is the path of a file.
        let is_path = name == "key" && table.contains_key("certificate");
        let is_reference = secret && is_reference(name, value.get_ref());
        in_value(value, !is_reference && (secret || (is_secret_key(name) && !is_path)), spans);
    }
}

fn in_value(value: &Spanned<DeValue<'_>>, secret: bool, spans: &mut Vec<Range<usize>>) {
    match value.get_ref() {
        DeValue::Table(table) => in_table(table, secret, spans),
        DeValue::Array(items) => items.iter().for_each(|item| in_value(item, secret, spans)),
        _ if secret => spans.push(value.span()),
        _ => {}
    }
}

/// The name of a variable or a file says which, and is no secret; another text after `env` may be one.
fn is_reference(name: &str, value: &DeValue<'_>) -> bool {
    name == "file" || (name == "env" && value.as_str().is_some_and(SecretSource::is_variable_name))
}

fn is_secret_key(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let is_list = name.ends_with("master_keys") || name.ends_with("access_tokens");
    name == "key" || name.ends_with("_key") || is_list || name.contains("secret") || name.contains("password")
}

fn last_word(line: &str, end: usize) -> &str {
    let before = line.get(..end).unwrap_or_default().trim_end_matches([' ', '\t', '"', '\'']);
    before.rsplit(|it: char| !(it.is_ascii_alphanumeric() || "_-".contains(it))).next().unwrap_or_default()
}

/// Replaces each byte of `span` but line breaks by `*`, so that all places stay where they are.
fn mask(text: &str, span: Range<usize>) -> String {
    let (Some(before), Some(hidden), Some(after)) =
        (text.get(..span.start), text.get(span.clone()), text.get(span.end..))
    else {
        return text.to_owned();
    };
    let stars: String = hidden.bytes().map(|byte| if byte == b'\n' { '\n' } else { '*' }).collect();
    format!("{before}{stars}{after}")
}
