//! What a test logs.

use std::{
    cell::{Cell, RefCell},
    fmt::{self, Debug, Display},
    sync::Once,
};

use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
    subscriber::Interest,
};

/// An event that was logged, with all values as `Debug` writes them.
#[derive(Clone, Debug, Default)]
pub struct Logged {
    /// Its message; empty without one.
    pub message: String,
    /// Its other fields.
    pub fields: Vec<(&'static str, String)>,
}

/// `message name=value …`.
impl Display for Logged {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)?;
        self.fields.iter().try_for_each(|(name, value)| write!(formatter, " {name}={value}"))
    }
}

/// Keeps the events of this thread from now on whose targets begin with `targets`, and with them those of a test, whose
/// runtime has one thread. What was kept of others is forgotten.
///
/// The subscriber is one for the whole process: what a scoped one would see depends on the tests beside it.
///
/// # Panics
/// When something else listens.
pub fn listen(targets: &'static str) {
    static LISTENS: Once = Once::new();
    LISTENS.call_once(|| {
        let set = tracing::subscriber::set_global_default(ThreadLog);
        assert!(set.is_ok(), "something else listens");
    });
    if TARGETS.replace(Some(targets)) != Some(targets) {
        EVENTS.take();
    }
}

/// The events of this thread since the last look.
#[must_use]
pub fn take() -> Vec<Logged> {
    EVENTS.take()
}

/// Whether there is an event to [`take`].
#[must_use]
pub fn is_there() -> bool {
    EVENTS.with_borrow(|it| !it.is_empty())
}

struct ThreadLog;

thread_local! {
    static TARGETS: Cell<Option<&'static str>> = const { Cell::new(None) };
    static EVENTS: RefCell<Vec<Logged>> = const { RefCell::new(Vec::new()) };
}

impl Subscriber for ThreadLog {
    /// Each thread has its own mind, and may change it.
    fn register_callsite(&self, _: &'static Metadata<'static>) -> Interest {
        Interest::sometimes()
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        TARGETS.get().is_some_and(|it| metadata.target().starts_with(it))
    }

    fn event(&self, event: &Event<'_>) {
        let mut logged = Logged::default();
        event.record(&mut logged);
        EVENTS.with_borrow_mut(|it| it.push(logged));
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

impl Visit for Logged {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let value = format!("{value:?}");
        match field.name() {
            "message" => self.message = value,
            name => self.fields.push((name, value)),
        }
    }
}
