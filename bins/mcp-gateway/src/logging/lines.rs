use std::{cell::RefCell, fmt::Write as _, io::Stderr, sync::Arc, time::Duration};

use gateway::{
    config::LogFormat,
    request_log::{RequestLine, RequestLog},
};

use super::{output::Output, timestamp};

/// Writes the line of each request.
///
/// That line is most of what is ever logged, and its fields are known: so it is put together in one buffer that is kept,
/// instead of by the general machinery, which takes longer than anything else the gateway does for a request.
pub(super) struct Lines {
    pub(super) format: LogFormat,
    pub(super) output: Arc<Output<Stderr>>,
}

impl RequestLog for Lines {
    fn write(&self, request: &RequestLine<'_>) {
        LINE.with_borrow_mut(|line| {
            line.clear();
            let now = timestamp::now();
            write_line(line, self.format, now, request);
            self.output.take(line.as_bytes(), now);
        });
    }
}

/// No line of a request, where the log has none of its level.
pub(super) struct NoLines;

impl RequestLog for NoLines {
    fn write(&self, _: &RequestLine<'_>) {}
}

thread_local! {
    static LINE: RefCell<String> = RefCell::default();
}

fn write_line(line: &mut String, format: LogFormat, now: Duration, request: &RequestLine<'_>) {
    match format {
        LogFormat::Human => {
            timestamp::write(line, now);
            line.push_str("  INFO access: answered");
            write_fields(&mut Fields { line, before: " ", between: "=", quote: "" }, request);
        }
        LogFormat::Json => {
            line.push_str("{\"timestamp\":\"");
            timestamp::write(line, now);
            line.push_str("\",\"level\":\"INFO\",\"message\":\"answered\"");
            write_fields(&mut Fields { line, before: ",\"", between: "\":", quote: "\"" }, request);
            line.push_str(",\"target\":\"access\"}");
        }
    }
    line.push('\n');
}

fn write_fields(fields: &mut Fields<'_>, request: &RequestLine<'_>) {
    fields.text("request.id", request.request_id);
    fields.text("client", request.client);
    fields.text("method", request.method);
    fields.text("path", request.path);
    fields.number("status", request.status.into());
    fields.text("reason", request.reason);
    for (name, value) in [("detail", request.detail), ("subject", request.subject)] {
        if let Some(value) = value {
            fields.text(name, value);
        }
    }
    fields.number("head_us", request.head_us);
    fields.number("duration_us", request.duration_us);
    fields.number("bytes", request.bytes);
    fields.bare("cut", if request.cut { "true" } else { "false" });
}

/// Names and values, and what stands around them.
struct Fields<'a> {
    line: &'a mut String,
    before: &'static str,
    between: &'static str,
    /// Around texts.
    quote: &'static str,
}

impl Fields<'_> {
    fn name(&mut self, name: &str) {
        self.line.push_str(self.before);
        self.line.push_str(name);
        self.line.push_str(self.between);
    }

    fn text(&mut self, name: &str, value: &str) {
        self.name(name);
        self.line.push_str(self.quote);
        push_escaped(self.line, value);
        self.line.push_str(self.quote);
    }

    fn number(&mut self, name: &str, value: u64) {
        self.name(name);
        push_number(self.line, value);
    }

    fn bare(&mut self, name: &str, value: &str) {
        self.name(name);
        self.line.push_str(value);
    }
}

/// Text without anything that ends a line, a value or a string in JSON.
fn push_escaped(line: &mut String, text: &str) {
    // Without an early end, which lets the compiler look at many bytes at a time.
    if text.bytes().fold(true, |plain, byte| plain & is_plain(byte)) {
        line.push_str(text);
        return;
    }
    for character in text.chars() {
        match character {
            '"' | '\\' => line.extend(['\\', character]),
            ' '..='~' => line.push(character),
            // Both formats are read by programs that know this form from JSON.
            other => {
                for unit in other.encode_utf16(&mut [0; 2]) {
                    // Writing into memory does not fail.
                    write!(line, "\\u{unit:04x}").ok();
                }
            }
        }
    }
}

/// The decimal digits of `value`.
pub(super) fn push_number(line: &mut String, value: u64) {
    let mut digits = [0; 20];
    let (mut rest, mut length) = (value, 0);
    for place in digits.iter_mut().rev() {
        *place = b'0' + (rest % 10) as u8;
        rest /= 10;
        length += 1;
        if rest == 0 {
            break;
        }
    }
    let digits = digits.get(digits.len() - length..).unwrap_or_default();
    line.push_str(std::str::from_utf8(digits).unwrap_or_default());
}

const fn is_plain(byte: u8) -> bool {
    matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\'
}

#[cfg(test)]
mod tests;
