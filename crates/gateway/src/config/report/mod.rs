//! What is said about a wrong file: where it is wrong, in which key, and what to write instead.

mod document;
mod key_path;
mod mask;

use std::fmt;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

pub(super) use document::Document;
pub(super) use key_path::KeyPath;

/// A configuration that is refused: the first thing that is wrong with it.
///
/// `Display` is the full report: message, file, line and the line itself, without color.
/// Texts in the place of a secret are masked.
#[derive(Debug, thiserror::Error)]
#[error("{rendered}")]
pub struct ConfigError {
    file: String,
    line: Option<usize>,
    key: String,
    message: String,
    rendered: String,
}

/// What a check found: the key and what is wrong with it.
#[derive(Debug)]
pub(super) struct Problem {
    pub(super) key: KeyPath,
    pub(super) message: String,
}

impl Problem {
    pub(super) fn new(key: KeyPath, message: impl fmt::Display) -> Self {
        Self { key, message: message.to_string() }
    }
}

impl ConfigError {
    /// The file as it was named.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The line, counted from 1; `None` if the file could not be read.
    #[must_use]
    pub const fn line(&self) -> Option<usize> {
        self.line
    }

    /// The key with its sections, such as `server[0].upstream`; empty if the whole file is meant.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// What is wrong with the key and what to write instead.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The file itself could not be read.
    pub(super) fn unreadable(file: String, message: String) -> Self {
        let rendered = format!("error: {message}\n --> {file}");
        Self { file, line: None, key: String::new(), message, rendered }
    }

    /// `message` about `key`, which stands at `span` of `text`.
    fn at(file: &str, text: &str, key: String, message: String, span: std::ops::Range<usize>) -> Self {
        let span = within_line(text, span);
        let line = text.get(..span.start).unwrap_or_default().matches('\n').count() + 1;
        let title = if key.is_empty() { message.clone() } else { format!("`{key}`: {message}") };
        let snippet = Snippet::source(text).path(file).annotation(AnnotationKind::Primary.span(span));
        let report = [Level::ERROR.primary_title(&title).element(snippet)];
        let rendered = Renderer::plain().render(&report);
        Self { file: file.to_owned(), line: Some(line), key, message, rendered }
    }
}

/// The part of `span` on its first line that is not blank, so that a report shows one line only.
fn within_line(text: &str, span: std::ops::Range<usize>) -> std::ops::Range<usize> {
    let rest = text.get(span.clone()).unwrap_or_default();
    let start = span.start + (rest.len() - rest.trim_start().len());
    let line = text.get(start..span.end).unwrap_or_default().lines().next().unwrap_or_default();
    start..start + line.len()
}
