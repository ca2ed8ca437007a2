//! What of a child's stderr is in the log.

use test_support::log;

use super::*;

fn variable(name: &str, value: &str) -> Variable {
    Variable { name: name.to_owned(), value: VariableValue::new(value.to_owned()) }
}

/// The first line that the log has of a child that writes `text` to stderr.
async fn logged(text: &str) -> String {
    log::listen("stdio");
    let bridge = bridge(&["legacy"], |it| {
        it.ordinary = vec![variable("HOME", "/home/gateway"), variable("LANG", "en_US.UTF-8")];
        it.environment = vec![variable("API_KEY", "hunter2hunter2"), variable("MODE", "plain")];
    });
    let mut alice = Somebody::named("alice");
    alice.environment = vec![variable("HER_TOKEN", "t-alice-1")];
    let session = Session::open(&bridge, &alice).await;
    let _ = log::take();
    session.tool(1, "stderr", json!({ "lines": 1, "text": text })).await.unwrap();
    until("the line is logged", log::is_there).await;
    bridge.stop().await;
    let fields = log::take().remove(0).fields;
    fields.into_iter().find(|(name, _)| *name == "text").unwrap().1
}

#[tokio::test]
async fn e36_the_log_hides_what_was_granted_and_nothing_else() {
    for (said, expected) in [
        ("key hunter2hunter2;", "line 0 key [hidden];"),
        ("hers t-alice-1", "line 0 hers [hidden]"),
        ("reads /home/gateway/.npmrc", "line 0 reads /home/gateway/.npmrc"),
        ("locale en_US.UTF-8, mode plain", "line 0 locale en_US.UTF-8, mode plain"),
    ] {
        assert_eq!(logged(said).await, format!("{expected:?}"));
    }
}
