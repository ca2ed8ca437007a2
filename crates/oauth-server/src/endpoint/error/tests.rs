use std::{cell::RefCell, fmt::Debug, sync::Once};

use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};

use super::*;

/// Keeps the fields of this crate's events per thread.
///
/// One for the whole process: what a scoped one would see depends on the tests beside it.
struct Log;

thread_local! {
    static FIELDS: RefCell<Vec<(String, String)>> = const { RefCell::new(Vec::new()) };
}

impl Subscriber for Log {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("oauth_server::endpoint")
    }

    fn event(&self, event: &Event<'_>) {
        event.record(&mut Fields);
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

struct Fields;

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        FIELDS.with_borrow_mut(|it| it.push((field.name().to_owned(), format!("{value:?}"))));
    }
}

#[track_caller]
fn check(error: &EndpointError, expected: &str) {
    FIELDS.take();
    error.answer(&[Method::POST]);
    let fields = FIELDS.take();
    let has = |name: &str, value: &str| fields.iter().any(|(it, text)| it == name && text == value);
    assert!(has("oauth.error", &format!("{expected:?}")), "{fields:?}");
    assert!(fields.iter().all(|(name, _)| name != "code"), "that is the name of a secret: {fields:?}");
}

#[test]
fn m01_the_error_code_of_an_answer_is_logged_under_a_name_that_no_secret_has() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| tracing::subscriber::set_global_default(Log).unwrap());
    check(&EndpointError::InvalidScope, "invalid_scope");
    check(&TokenUnavailable("as the test wants it".into()).into(), "temporarily_unavailable");
}
