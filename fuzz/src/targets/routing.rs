use mcp_stdio::fuzzing::{Arrived, Switch};
use serde_json::Value;

/// Clients and a child that speaks over stdin and stdout: each answer goes to who asked, once, under the id that it was
/// asked with, and in a child that is shared nothing goes to anybody whom it does not name.
///
/// The first byte says which era the child is of and whether it is shared; a line of `a` or `b` is what these clients
/// send, every other line what the child says.
#[must_use]
pub fn run(data: &[u8]) -> bool {
    let Some((kind, lines)) = data.split_first() else { return false };
    let Ok(lines) = str::from_utf8(lines) else { return false };
    let (is_modern, is_shared) = (*kind != b'0', *kind == b'2');
    let mut stage =
        Stage { switch: Switch::new(is_modern, is_shared), is_modern, is_shared, asked: Vec::new() };
    for line in lines.lines() {
        match line.split_at_checked(1) {
            Some(("a", text)) => stage.ask("alice", text),
            // A child of a session has one client, and so has one that is not shared.
            Some(("b", text)) if is_shared => stage.ask("bob", text),
            Some(_) | None => stage.say(line),
        }
    }
    stage.asked.iter().any(|it| it.is_answered)
}

struct Stage {
    switch: Switch,
    is_modern: bool,
    is_shared: bool,
    asked: Vec<Asked>,
}

/// A request, as its client wrote it.
struct Asked {
    number: u64,
    id: Value,
    token: Value,
    is_answered: bool,
}

impl Stage {
    /// The child gets what the client said, under a number that no other request has.
    fn ask(&mut self, principal: &str, text: &str) {
        // What two readers could understand differently was refused before (`message`).
        if mcp_message::read(text.as_bytes(), &mcp_message::Limits::default()).is_err() {
            return;
        }
        let Some(sent) = self.switch.ask(principal, text) else { return };
        let (said, passed) = (value(text), value(&sent.text));
        let asked = Asked {
            number: sent.number,
            id: said["id"].clone(),
            token: said["params"]["_meta"]["progressToken"].clone(),
            is_answered: false,
        };
        assert!(self.asked.iter().all(|it| it.number != asked.number), "a number is given twice");
        assert_eq!(passed["id"], sent.number, "the child is not told our number");
        if self.is_modern && !asked.token.is_null() {
            assert_eq!(passed["params"]["_meta"]["progressToken"], sent.number, "a client chose a token");
        }
        assert_eq!(without_names(passed), without_names(said), "something else has changed");
        self.asked.push(asked);
    }

    fn say(&mut self, line: &str) {
        self.switch.say(line);
        let said = serde_json::from_str::<Value>(line).ok();
        let parts = said.iter().flat_map(|it| it.as_array().map_or(std::slice::from_ref(it), Vec::as_slice));
        let parts: Vec<&Value> = parts.collect();
        let arrived = self.switch.arrived();
        let is_shared = self.is_shared;
        for (asked, arrived) in self.asked.iter_mut().zip(arrived) {
            for piece in arrived {
                assert!(!asked.is_answered || matches!(piece, Arrived::Message(_)), "answered twice");
                match piece {
                    Arrived::Answer(text) => asked.answered(&text, &parts),
                    Arrived::Message(text) if is_shared => asked.named_by(&text),
                    Arrived::Message(_) => {}
                }
            }
        }
    }
}

impl Asked {
    /// The answer has the id of the client, and the child has said it under the number of this request.
    fn answered(&mut self, text: &str, said: &[&Value]) {
        self.is_answered = true;
        // A number that is too large for this reader is left to others.
        let Ok(answer) = serde_json::from_str::<Value>(text) else { return };
        assert_eq!(answer["id"], self.id, "an answer under another id");
        let is_it = |it: &&&Value| {
            it["id"] == self.number && without_names((**it).clone()) == without_names(answer.clone())
        };
        assert!(said.iter().any(|it| is_it(&it)), "nobody has answered so: {text}");
    }

    /// A message on the stream of a request names it, by the names that its client knows.
    fn named_by(&self, text: &str) {
        let Ok(message) = serde_json::from_str::<Value>(text) else { return };
        let params = &message["params"];
        let (name, expected) = match message["method"].as_str() {
            Some("notifications/progress") => (&params["progressToken"], &self.token),
            Some("notifications/cancelled") => (&params["requestId"], &self.id),
            _ => (&params["_meta"]["io.modelcontextprotocol/subscriptionId"], &self.id),
        };
        assert_eq!(name, expected, "it goes to somebody whom it does not name: {text}");
    }
}

/// A message without the members that name messages, which are written anew on the way.
fn without_names(mut message: Value) -> Value {
    if let Some(members) = message.as_object_mut() {
        members.remove("id");
    }
    for part in ["params", "result"] {
        if let Some(meta) =
            message.get_mut(part).and_then(|it| it.get_mut("_meta")).and_then(Value::as_object_mut)
        {
            meta.remove("progressToken");
            meta.remove("io.modelcontextprotocol/subscriptionId");
        }
    }
    message
}

fn value(text: &str) -> Value {
    serde_json::from_str(text).expect("what was read strictly is JSON")
}

/// What such conversations are made of.
pub const WORDS: &[&str] = &[
    "\na{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\"}",
    "\nb{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"subscriptions/listen\"}",
    "\n{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}",
    "\n{\"jsonrpc\":\"2.0\",\"id\":2,\"error\":{\"code\":1,\"message\":\"\"}}",
    "\"id\"",
    "\"i\\u0064\"",
    "\"method\"",
    "\"notifications/progress\"",
    "\"notifications/cancelled\"",
    "\"notifications/message\"",
    "\"params\"",
    "\"_meta\"",
    "\"progressToken\"",
    "\"requestId\"",
    "\"io.modelcontextprotocol/subscriptionId\"",
    "\"result\"",
    "\"error\"",
    "null",
    "{}",
    "[]",
    "1",
    "2",
    "01",
    "1.0",
    "1e0",
    "-1",
    "\"1\"",
    "\"\\u0031\"",
    "[",
    "]",
    ",",
    "\n",
    "2",
];
