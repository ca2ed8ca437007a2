use std::fmt;

use gateway::audit::{EventLine, Trail};
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{Layer, layer::Context};

/// Writes the acts of people and operators, which the log has under `audit`, into the audit as well.
pub(super) struct Acts(pub(super) Trail);

impl<S: Subscriber> Layer<S> for Acts {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() == AUDIT {
            self.0.event(|line| event.record(&mut Fields(line)));
        }
    }
}

struct Fields<'a>(&'a mut EventLine);

impl Fields<'_> {
    fn name(field: &Field) -> &'static str {
        if field.name() == "message" { "event" } else { field.name() }
    }
}

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.text(Self::name(field), &format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.text(Self::name(field), value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.0.number(Self::name(field), value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.0.flag(Self::name(field), value);
    }
}

const AUDIT: &str = "audit";

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use gateway::config::Audit;
    use oauth_types::{Clock, ManualClock, UnixTime};
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    #[test]
    fn m04_m10_acts_are_lines_of_the_audit_and_nothing_else_is() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("audit");
        let clock: Arc<dyn Clock> = Arc::new(ManualClock::new(UnixTime::from_seconds(0)));
        let trail = Trail::default();
        trail.open(Some(&Audit { file: Some(file.clone()), ..Audit::default() }), &clock).unwrap();
        let subscriber = tracing_subscriber::registry().with(Acts(trail.clone()));
        tracing::subscriber::with_default(subscriber, || {
            tracing::info!("started");
            tracing::info!(target: "audit", { client.id = "a\n\u{202e}", keys = 2_u64, key.at_once = true }, "signed in");
            trail.open(None, &clock).unwrap();
            tracing::info!(target: "audit", "nobody listens");
        });
        let expected = concat!(
            r#"{"time":"1970-01-01T00:00:00Z","event":"signed in","client.id":"a\n\u202e","keys":2,"key.at_once":true}"#,
            "\n"
        );
        assert_eq!(std::fs::read_to_string(file).unwrap(), expected);
    }
}
