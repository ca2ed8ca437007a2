//! What holds for every message, tried on thousands that a seed draws.

use std::fmt::Write;

use serde_json::{Map, Value, json};

use crate::*;

/// A small generator whose numbers are the same in every run.
struct Draw(u64);

impl Draw {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(most).unwrap()).unwrap()
    }

    fn of<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())].clone()
    }

    fn text(&mut self) -> String {
        (0..self.below(6)).map(|_| self.of(&['a', '"', '\\', '\n', '\u{0}', 'é', '😀', '/'])).collect()
    }

    fn value(&mut self, depth: usize) -> Value {
        match self.below(if depth == 0 { 4 } else { 6 }) {
            0 => Value::Null,
            1 => json!(self.text()),
            2 => json!(self.0 >> 40),
            3 => json!(self.below(2) == 0),
            4 => (0..self.below(4)).map(|_| self.value(depth - 1)).collect(),
            _ => Value::Object(
                (0..self.below(4))
                    .map(|at| (format!("{at}{}", self.text()), self.value(depth - 1)))
                    .collect(),
            ),
        }
    }

    fn message(&mut self) -> Value {
        let name = self.text();
        let (method, params) = match self.below(4) {
            0 => ("tools/call", json!({ "name": name, "arguments": self.value(3) })),
            1 => ("prompts/get", json!({ "arguments": self.value(3), "name": name })),
            2 => ("resources/read", json!({ "uri": name })),
            _ => ("made/up", json!({ "x": self.value(4) })),
        };
        let mut message = Map::from_iter([("jsonrpc".to_owned(), json!("2.0"))]);
        message.insert("method".to_owned(), json!(method));
        message.insert("params".to_owned(), params);
        if self.below(3) > 0 {
            let number = self.below(100);
            let id = self.of(&[json!(number), json!("a"), json!("\u{1}")]);
            message.insert("id".to_owned(), id);
        }
        Value::Object(message)
    }

    /// The same JSON with other escapes and blanks.
    fn rewritten(&mut self, text: &str) -> String {
        let (mut quoted, mut escaped, mut out) = (false, false, String::new());
        for it in text.chars() {
            let plain = quoted && !escaped && it.is_ascii_alphabetic();
            if plain && self.below(4) == 0 {
                write!(out, "\\u{:04x}", u32::from(it)).unwrap();
            } else {
                out.push(it);
            }
            quoted ^= it == '"' && !escaped;
            escaped = quoted && it == '\\' && !escaped;
            if !quoted && "{}[],:".contains(it) && self.below(3) == 0 {
                out += self.of(&[" ", "\n", "\t\r"]);
            }
        }
        out
    }
}

#[test]
fn what_is_written_differently_is_read_alike() {
    let mut draw = Draw(0x9e37_79b9_7f4a_7c15);
    for _ in 0..3000 {
        let message = draw.message();
        let plain = message.to_string();
        let text = draw.rewritten(&plain);
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), message, "{text}");
        let body =
            read(text.as_bytes(), &Limits::default()).unwrap_or_else(|error| panic!("{error}: {text}"));
        let [read] = body.messages() else { panic!("{text}") };
        assert_eq!(read.raw().get(), text.trim());
        assert_eq!(read.method(), message["method"].as_str());
        assert_eq!(
            read.request_id().map(|it| serde_json::from_str(it.raw().get()).unwrap()),
            message.get("id").cloned()
        );
        let params = &message["params"];
        match Operation::of(read).unwrap().target {
            Target::Tool(name) | Target::Prompt(name) => assert_eq!(name, params["name"].as_str().unwrap()),
            Target::Resources(uris) => assert_eq!(uris, [params["uri"].as_str().unwrap()]),
            Target::None => assert_eq!(message["method"], "made/up"),
            Target::Task(_) => panic!("{text}"),
        }
    }
}

/// Whatever the bytes, there is no panic; and what is taken is taken by the most common reader as well, for the same.
#[test]
fn e19_broken_messages_are_refused_or_read_as_others_read_them() {
    let mut draw = Draw(0x2545_f491_4f6c_dd1d);
    let (mut taken, mut refused) = (0, 0);
    for _ in 0..6000 {
        let mut bytes = draw.message().to_string().into_bytes();
        for _ in 0..=draw.below(3) {
            if bytes.len() < 2 {
                break;
            }
            let at = draw.below(bytes.len());
            match draw.below(4) {
                0 => bytes[at] = draw.of(b"{}[]\",:\\u0e1\xff\xef "),
                1 => drop(bytes.remove(at)),
                2 => bytes.insert(at, draw.of(b"{}[]\",:\\0 \xed")),
                _ => bytes.truncate(at.max(1)),
            }
        }
        let Ok(body) = read(&bytes, &Limits::default()) else {
            refused += 1;
            continue;
        };
        taken += 1;
        let other: Value = serde_json::from_slice(&bytes).unwrap();
        for (at, message) in body.messages().iter().enumerate() {
            let other = other.get(at).unwrap_or(&other);
            assert_eq!(message.method(), other["method"].as_str());
            if let Ok(Operation { target: Target::Tool(name), .. }) = Operation::of(message) {
                assert_eq!(Some(&*name), other["params"]["name"].as_str());
            }
        }
    }
    assert!(taken > 300 && refused > 300, "{taken} {refused}");
}
