use oauth_types::UnixTime;
use serde_json::{Map, Value};

use super::escape::to_json;

/// A line in the making: its members stay in the order in which they come.
#[derive(Debug)]
pub struct EventLine {
    now: UnixTime,
    line: String,
}

impl EventLine {
    /// A line of `now`.
    pub(super) fn at(now: UnixTime) -> Self {
        Self { now, line: format!("{{\"time\":\"{}\"", rfc3339(now)) }
    }

    /// Adds a text, of which no more than 512 characters are kept.
    pub fn text(&mut self, name: &str, value: &str) {
        self.json(name, &Value::from(cut(value)));
    }

    /// Adds a number.
    pub fn number(&mut self, name: &str, value: u64) {
        self.json(name, &Value::from(value));
    }

    /// Adds a truth.
    pub fn flag(&mut self, name: &str, value: bool) {
        self.json(name, &Value::from(value));
    }

    /// Adds texts, no more than [`MOST_TEXTS`]; a last one says how many are left out. Of many, less is kept of each.
    pub(super) fn texts<'a>(&mut self, name: &str, mut values: impl Iterator<Item = &'a str>) {
        let texts: Vec<_> = values.by_ref().take(MOST_TEXTS).collect();
        let most = if texts.len() > FEW_TEXTS { MOST_TEXT / 4 } else { MOST_TEXT };
        let mut texts: Vec<_> = texts.into_iter().map(|it| cut_to(most, it)).collect();
        let left_out = values.count();
        if left_out > 0 {
            texts.push(format!("\u{2026} {left_out} more"));
        }
        self.json(name, &texts.into());
    }

    /// Adds values that a rule names, each of no more than [`MOST_TEXT`] characters of JSON: of a larger one the
    /// beginning is kept, as a text.
    pub(super) fn arguments(&mut self, name: &str, values: &[(String, Value)]) {
        let bounded = |value: &Value| {
            let json = to_json(value);
            if json.len() <= MOST_TEXT { value.clone() } else { Value::from(cut(&json)) }
        };
        let values: Map<_, _> =
            values.iter().take(MOST_ARGUMENTS).map(|(name, value)| (cut(name), bounded(value))).collect();
        self.json(name, &Value::from(values));
    }

    fn json(&mut self, name: &str, value: &Value) {
        self.line.push(',');
        self.line.push_str(&to_json(&name));
        self.line.push(':');
        self.line.push_str(&to_json(value));
    }

    pub(super) const fn time(&self) -> UnixTime {
        self.now
    }

    /// The whole line, with its end.
    pub(super) fn finish(mut self) -> String {
        self.line.push_str("}\n");
        self.line
    }
}

fn rfc3339(time: UnixTime) -> String {
    let seconds = i64::try_from(time.as_seconds()).ok();
    let time = seconds.and_then(|it| jiff::Timestamp::from_second(it).ok());
    time.map(|it| it.to_string()).unwrap_or_default()
}

fn cut(text: &str) -> String {
    cut_to(MOST_TEXT, text)
}

fn cut_to(most: usize, text: &str) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}\u{2026}", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// Characters of one value.
const MOST_TEXT: usize = 512;
/// Values of one list: those of a batch of the largest size.
const MOST_TEXTS: usize = 100;
/// Values of which as much is kept as of one.
const FEW_TEXTS: usize = 16;
/// Arguments of one call.
const MOST_ARGUMENTS: usize = 16;
