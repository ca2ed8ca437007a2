//! What of a child's stderr is in the log.

use std::{cell::RefCell, fmt::Debug, sync::Once};

use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};

use super::*;

/// Keeps the lines of children that a thread logs, and with them those of a test, whose runtime has one thread.
///
/// One for the whole process: what a scoped one would see depends on the tests beside it.
struct Log;

thread_local! {
    static LINES: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

impl Subscriber for Log {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "stdio"
    }

    fn event(&self, event: &Event<'_>) {
        event.record(&mut Text);
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

struct Text;

impl Visit for Text {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "text" {
            LINES.with_borrow_mut(|it| it.push(value.to_owned()));
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn Debug) {}
}

fn variable(name: &str, value: &str) -> Variable {
    Variable { name: name.to_owned(), value: VariableValue::new(value.to_owned()) }
}

/// The first line that the log has of a child that writes `text` to stderr.
async fn logged(text: &str) -> String {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| tracing::subscriber::set_global_default(Log).unwrap());
    let bridge = bridge(&["legacy"], |it| {
        it.ordinary = vec![variable("HOME", "/home/gateway"), variable("LANG", "en_US.UTF-8")];
        it.environment = vec![variable("API_KEY", "hunter2hunter2"), variable("MODE", "plain")];
    });
    let mut alice = Somebody::named("alice");
    alice.environment = vec![variable("HER_TOKEN", "t-alice-1")];
    let session = Session::open(&bridge, &alice).await;
    LINES.take();
    session.tool(1, "stderr", json!({ "lines": 1, "text": text })).await.unwrap();
    until("the line is logged", || LINES.with_borrow(|it| !it.is_empty())).await;
    bridge.stop().await;
    LINES.take().remove(0)
}

#[tokio::test]
async fn e36_the_log_hides_what_was_granted_and_nothing_else() {
    for (said, expected) in [
        ("key hunter2hunter2;", "line 0 key [hidden];"),
        ("hers t-alice-1", "line 0 hers [hidden]"),
        ("reads /home/gateway/.npmrc", "line 0 reads /home/gateway/.npmrc"),
        ("locale en_US.UTF-8, mode plain", "line 0 locale en_US.UTF-8, mode plain"),
    ] {
        assert_eq!(logged(said).await, expected);
    }
}
