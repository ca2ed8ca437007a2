use std::borrow::Cow;

use super::SseFault;

/// The lines of one event, up to the empty one.
#[derive(Debug)]
pub(super) struct Event<'a> {
    lines: Vec<Line<'a>>,
}

/// One line with its end; `value` is there for `data` alone.
#[derive(Debug)]
struct Line<'a> {
    text: &'a str,
    end: &'a str,
    field: Field<'a>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field<'a> {
    Data(&'a str),
    Event(&'a str),
    /// A comment, `id`, `retry`, or what readers ignore.
    Other,
}

impl<'a> Event<'a> {
    /// # Errors
    /// [`SseFault::FieldName`].
    pub(super) fn read(mut text: &'a str) -> Result<Self, SseFault> {
        let mut lines = Vec::new();
        while !text.is_empty() {
            let (line, end, rest) = split_line(text);
            lines.push(Line { text: line, end, field: Field::read(line)? });
            text = rest;
        }
        Ok(Self { lines })
    }

    /// Its type; empty for none. The last one counts.
    pub(super) fn kind(&self) -> &'a str {
        let mut kinds = self.lines.iter().filter_map(|it| match it.field {
            Field::Event(kind) => Some(kind),
            Field::Data(_) | Field::Other => None,
        });
        kinds.next_back().unwrap_or_default()
    }

    /// Its data, if it has any that is not empty.
    pub(super) fn data(&self) -> Option<Cow<'a, str>> {
        let mut lines = self.lines.iter().filter_map(Line::data);
        let first = lines.next()?;
        let data = lines.fold(Cow::Borrowed(first), |all, line| Cow::Owned(format!("{all}\n{line}")));
        (!data.is_empty()).then_some(data)
    }

    /// Writes it with other data in the place of the first line of data.
    pub(super) fn write(&self, data: &str, to: &mut Vec<u8>) {
        let mut data = Some(data);
        for line in &self.lines {
            if line.data().is_none() {
                to.extend_from_slice(line.text.as_bytes());
                to.extend_from_slice(line.end.as_bytes());
            } else if let Some(data) = data.take() {
                for part in data.split('\n') {
                    to.extend_from_slice(b"data: ");
                    to.extend_from_slice(part.as_bytes());
                    to.extend_from_slice(if line.end.is_empty() { b"\n" } else { line.end.as_bytes() });
                }
            }
        }
    }
}

impl<'a> Line<'a> {
    const fn data(&self) -> Option<&'a str> {
        match self.field {
            Field::Data(value) => Some(value),
            Field::Event(_) | Field::Other => None,
        }
    }
}

impl<'a> Field<'a> {
    fn read(line: &'a str) -> Result<Self, SseFault> {
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        let means = |field: &str| name.trim().eq_ignore_ascii_case(field);
        match name {
            "data" => Ok(Self::Data(value)),
            "event" => Ok(Self::Event(value)),
            _ if means("data") || means("event") => Err(SseFault::FieldName),
            _ => Ok(Self::Other),
        }
    }
}

/// The first line of `text`, its end (none at the end of a stream), and the rest.
fn split_line(text: &str) -> (&str, &str, &str) {
    let Some(at) = text.find(['\r', '\n']) else { return (text, "", "") };
    let (line, rest) = text.split_at(at);
    let length = if rest.starts_with("\r\n") { 2 } else { 1 };
    let (end, rest) = rest.split_at(length);
    (line, end, rest)
}
