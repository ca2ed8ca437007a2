use std::sync::{Arc, Mutex};

use tracing_subscriber::layer::SubscriberExt;

use super::*;

/// Keeps the lines instead of writing them.
struct Kept(LogFormat, Arc<Mutex<String>>);

impl<S: Subscriber> Layer<S> for Kept {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        write_line(&mut self.1.lock().unwrap(), self.0, timestamp::now(), event);
    }
}

/// The line without its time, of an event that `log` makes.
fn line(format: LogFormat, log: impl FnOnce()) -> String {
    let kept = Arc::default();
    let subscriber = tracing_subscriber::registry().with(Kept(format, Arc::clone(&kept)));
    tracing::subscriber::with_default(subscriber, log);
    let line = kept.lock().unwrap().clone();
    let (before, after) = line.split_once('Z').unwrap();
    let time_at = before.len() - "2026-01-01T00:00:00.000000".len();
    format!("{}{after}", &before[..time_at])
}

fn log(path: &str) {
    let subject: Option<&str> = None;
    tracing::info!(
        target: "access",
        { request.id = %"1-2", client = %"::1", path, status = 200_u16, subject, cut = false },
        "answered"
    );
}

#[test]
fn a_line_has_its_fields_in_order() {
    assert_eq!(
        line(LogFormat::Human, || log("/mcp")),
        "  INFO access: answered request.id=1-2 client=::1 path=/mcp status=200 cut=false\n"
    );
    assert_eq!(
        line(LogFormat::Json, || log("/mcp")),
        "{\"timestamp\":\"\",\"level\":\"INFO\",\"message\":\"answered\",\"request.id\":\"1-2\",\"client\":\"::1\",\
         \"path\":\"/mcp\",\"status\":200,\"cut\":false,\"target\":\"access\"}\n"
    );
}

#[test]
fn m04_nothing_in_a_value_ends_a_line_or_a_text() {
    const ODD: &str = "a\"\\\r\n\u{1b}[31m\u{202e}\u{1f600}";
    const ESCAPED: &str = r#"a\"\\\u000d\u000a\u001b[31m\u202e\ud83d\ude00"#;
    let human = line(LogFormat::Human, || log(ODD));
    assert!(human.contains(&format!(" path={ESCAPED} ")) && human.lines().count() == 1, "{human}");
    let json = line(LogFormat::Json, || log(ODD));
    assert!(json.contains(&format!("\"path\":\"{ESCAPED}\"")) && json.lines().count() == 1, "{json}");
}
