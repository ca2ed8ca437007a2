//! What no other tool checks. Each check returns what it found.

mod banned_build;
mod crate_map;
mod file_length;
mod forbidden_text;
pub(crate) mod minimum_rust;
mod named_tests;
mod sources;

/// What is wrong, one line each; or why the check could not be made.
type Findings = Result<Vec<String>, String>;

/// A check and what it looks at.
pub(crate) struct Check {
    pub(crate) subject: &'static str,
    pub(crate) run: fn() -> Findings,
}

/// All checks.
pub(crate) const CHECKS: [Check; 6] = [
    Check { subject: "crate map", run: crate_map::check },
    Check { subject: "crates of the default build", run: banned_build::check },
    Check { subject: "file length", run: file_length::check },
    Check { subject: "forbidden texts", run: forbidden_text::check },
    Check { subject: "minimum Rust version", run: minimum_rust::check },
    Check { subject: "tests that documents name", run: named_tests::check },
];
