use mcp_policy::{Expected, FilterFault, ListKind, ListPolicy, Listed, StreamFilter, filter_json};
use serde_json::Value;

use crate::event_stream::events;

/// Answers to `tools/list`, as JSON and as an event stream: nothing that is hidden passes, and what is left passes again.
///
/// The first byte says how large the pieces are in which the stream arrives.
#[must_use]
pub fn run(data: &[u8]) -> bool {
    let Some((size, answer)) = data.split_first() else { return false };
    if let Ok(reduced) = filter_json(answer, EXPECTED, &NoSecrets) {
        let reduced = reduced.as_deref().unwrap_or(answer);
        hides(reduced);
        keeps(answer, reduced);
        assert_eq!(filter_json(reduced, EXPECTED, &NoSecrets), Ok(None), "not the same when reduced again");
    }
    let whole = stream([answer]);
    let pieces = stream(answer.chunks(usize::from(*size).max(1)));
    assert_eq!(whole, pieces, "it matters how the stream is cut");
    let Ok(passed) = whole else { return false };
    let (before, after) = (events(answer), events(&passed));
    assert_eq!(before.len(), after.len(), "an event came or went");
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(before.kind, after.kind);
        if !after.data.is_empty() {
            hides(&after.data);
            keeps(&before.data, &after.data);
        }
    }
    assert_eq!(stream([passed.as_slice()]).as_deref(), Ok(&*passed), "not the same when reduced again");
    !after.is_empty()
}

fn stream<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Result<Vec<u8>, FilterFault> {
    let mut filter = StreamFilter::new(EXPECTED, 64 * 1024);
    let mut passed = Vec::new();
    for piece in pieces {
        passed.extend(filter.push(piece, &NoSecrets)?);
    }
    passed.extend(filter.finish(&NoSecrets)?);
    Ok(passed)
}

/// What a client reads out of a message: no tool that is hidden.
fn hides(message: &[u8]) {
    let message: Value = serde_json::from_slice(message).expect("what passed is JSON");
    let messages = message.as_array().map_or(std::slice::from_ref(&message), Vec::as_slice);
    for tool in messages.iter().filter_map(|it| it["result"]["tools"].as_array()).flatten() {
        assert!(tool["name"].as_str().is_some_and(|it| !it.starts_with("secret")), "{tool} passed");
    }
}

/// What may be used is still there, each as it was, and no list can be taken for everybody's.
fn keeps(before: &[u8], after: &[u8]) {
    let read = |text: &[u8]| -> Vec<Value> {
        let message = serde_json::from_slice(text).expect("what was taken is JSON");
        match message {
            Value::Array(messages) => messages,
            message => vec![message],
        }
    };
    let (before, after) = (read(before), read(after));
    assert_eq!(before.len(), after.len(), "a message came or went");
    for (mut before, after) in before.into_iter().zip(after) {
        let Some(result) = before["result"].as_object_mut() else { continue };
        for (list, key) in [
            ("tools", "name"),
            ("prompts", "name"),
            ("resources", "uri"),
            ("resourceTemplates", "uriTemplate"),
        ] {
            let Some(items) = result.get_mut(list).and_then(Value::as_array_mut) else { continue };
            items.retain(|it| it[key].as_str().is_some_and(|it| !it.starts_with("secret")));
        }
        if result.contains_key("cacheScope") || result.contains_key("ttlMs") {
            result.insert("cacheScope".to_owned(), "private".into());
        }
        assert_eq!(before["result"], after["result"], "something else than hidden items has changed");
    }
}

/// Hides the tools that are called so.
#[derive(Debug)]
struct NoSecrets;

impl ListPolicy for NoSecrets {
    fn may_use(&self, listed: &Listed<'_>) -> bool {
        !listed.name.starts_with("secret")
    }
}

const EXPECTED: Expected = Expected::List(ListKind::Tools);

/// What such answers are made of.
pub const WORDS: &[&str] = &[
    "\"jsonrpc\"",
    "\"2.0\"",
    "\"result\"",
    "\"tools\"",
    "\"name\"",
    "\"secret\"",
    "\"se\\u0063ret\"",
    "\"echo\"",
    "\"Tools\"",
    "\"nextCursor\"",
    "\"cacheScope\"",
    "\"ttlMs\"",
    "\"public\"",
    "\"annotations\"",
    "\"readOnlyHint\"",
    "\"id\"",
    "null",
    "{}",
    "[]",
    ",",
    "data:",
    "data: ",
    "event: message",
    "\n",
    "\r",
    "\r\n",
    "\n\n",
    "\r\n\r\n",
    ":",
    "id: 1",
    "\u{feff}",
    "Data:",
];
