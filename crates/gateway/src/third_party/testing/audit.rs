//! The lines of the audit, as a test sees them.

use test_support::log;

/// Keeps the events of the target `audit` of this thread.
pub(in crate::third_party) fn listen() {
    log::listen("audit");
}

/// The lines of this test since the last look, as `message field=value …`.
pub(in crate::third_party) fn take() -> Vec<String> {
    log::take().iter().map(ToString::to_string).collect()
}
