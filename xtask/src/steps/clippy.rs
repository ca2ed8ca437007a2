//! Lints of all targets, for the default features and for all of them.

use crate::{gate::Step, shell, tally::Tally};

pub(crate) const STEP: Step = Step { name: "clippy", run };

fn run() -> Tally {
    Tally::of(lint(&[]).and_then(|()| lint(&["--all-features"])))
}

fn lint(features: &[&str]) -> Result<(), String> {
    let arguments =
        [&["clippy", "--workspace", "--all-targets"], features, &["--", "-D", "warnings"]].concat();
    shell::run("cargo", &arguments)
}
