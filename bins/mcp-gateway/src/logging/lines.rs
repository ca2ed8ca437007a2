use std::{
    cell::RefCell,
    fmt::{self, Write as _},
    io::Stderr,
    sync::Arc,
    time::Duration,
};

use gateway::config::LogFormat;
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
    span,
};
use tracing_subscriber::{Layer, layer::Context, registry::LookupSpan};

use super::{output::Output, timestamp};

/// Writes the line of each request itself, and leaves all others to `others`.
///
/// That line is most of what is ever logged, and its fields are of few kinds: so it is put together in one buffer that
/// is kept, instead of by the general machinery, which takes longer than anything else the gateway does for a request.
pub(super) struct Lines<L> {
    pub(super) format: LogFormat,
    pub(super) output: Arc<Output<Stderr>>,
    pub(super) others: L,
}

impl<S, L> Layer<S> for Lines<L>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    L: Layer<S>,
{
    fn on_layer(&mut self, subscriber: &mut S) {
        self.others.on_layer(subscriber);
    }

    fn on_new_span(&self, attributes: &span::Attributes<'_>, id: &span::Id, context: Context<'_, S>) {
        self.others.on_new_span(attributes, id, context);
    }

    fn on_record(&self, span: &span::Id, values: &span::Record<'_>, context: Context<'_, S>) {
        self.others.on_record(span, values, context);
    }

    fn on_enter(&self, id: &span::Id, context: Context<'_, S>) {
        self.others.on_enter(id, context);
    }

    fn on_exit(&self, id: &span::Id, context: Context<'_, S>) {
        self.others.on_exit(id, context);
    }

    fn on_close(&self, id: span::Id, context: Context<'_, S>) {
        self.others.on_close(id, context);
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        if event.metadata().target() != ACCESS {
            return self.others.on_event(event, context);
        }
        LINE.with_borrow_mut(|line| {
            line.clear();
            let now = timestamp::now();
            write_line(line, self.format, now, event);
            self.output.take(line.as_bytes(), now);
        });
    }
}

thread_local! {
    static LINE: RefCell<String> = RefCell::default();
}

fn write_line(line: &mut String, format: LogFormat, now: Duration, event: &Event<'_>) {
    let level = event.metadata().level().as_str();
    match format {
        LogFormat::Human => {
            timestamp::write(line, now);
            line.push_str(if level.len() < 5 { "  " } else { " " });
            line.push_str(level);
            line.push_str(" access:");
            event.record(&mut Human(line));
        }
        LogFormat::Json => {
            line.push_str("{\"timestamp\":\"");
            timestamp::write(line, now);
            line.push_str("\",\"level\":\"");
            line.push_str(level);
            line.push('"');
            event.record(&mut Json(line));
            line.push_str(",\"target\":\"access\"}");
        }
    }
    line.push('\n');
}

/// ` name=value`, and the message alone.
struct Human<'a>(&'a mut String);

/// `,"name":value`.
struct Json<'a>(&'a mut String);

/// Text without anything that ends a line, a value or a string in JSON.
struct Escaped<'a>(&'a mut String);

impl Human<'_> {
    fn name(&mut self, field: &Field) {
        self.0.push(' ');
        if field.name() != MESSAGE {
            self.0.push_str(field.name());
            self.0.push('=');
        }
    }
}

impl Visit for Human<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.name(field);
        // Writing into memory does not fail.
        write!(Escaped(self.0), "{value:?}").ok();
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.name(field);
        Escaped(self.0).write_str(value).ok();
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.name(field);
        write!(self.0, "{value}").ok();
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.name(field);
        self.0.push_str(if value { "true" } else { "false" });
    }
}

impl Json<'_> {
    fn name(&mut self, field: &Field) {
        self.0.push_str(",\"");
        self.0.push_str(field.name());
        self.0.push_str("\":");
    }
}

impl Visit for Json<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.name(field);
        self.0.push('"');
        // Writing into memory does not fail.
        write!(Escaped(self.0), "{value:?}").ok();
        self.0.push('"');
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.name(field);
        self.0.push('"');
        Escaped(self.0).write_str(value).ok();
        self.0.push('"');
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.name(field);
        write!(self.0, "{value}").ok();
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.name(field);
        self.0.push_str(if value { "true" } else { "false" });
    }
}

impl fmt::Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        // Without an early end, which lets the compiler look at many bytes at a time.
        if text.bytes().fold(true, |plain, byte| plain & is_plain(byte)) {
            self.0.push_str(text);
            return Ok(());
        }
        for character in text.chars() {
            match character {
                '"' | '\\' => self.0.extend(['\\', character]),
                ' '..='~' => self.0.push(character),
                // Both formats are read by programs that know this form from JSON.
                other => {
                    for unit in other.encode_utf16(&mut [0; 2]) {
                        write!(self.0, "\\u{unit:04x}")?;
                    }
                }
            }
        }
        Ok(())
    }
}

const fn is_plain(byte: u8) -> bool {
    matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\'
}

/// The target of the line of a request.
const ACCESS: &str = "access";

const MESSAGE: &str = "message";

#[cfg(test)]
mod tests;
