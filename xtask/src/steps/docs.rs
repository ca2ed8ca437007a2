//! The documentation of the crates has no broken link.

use crate::{gate::Step, shell, tally::Tally};

pub(crate) const STEP: Step = Step { name: "docs", run };

fn run() -> Tally {
    BUILDS.iter().map(|features| Tally::of(document(features))).sum()
}

fn document(features: &[&str]) -> Result<(), String> {
    let arguments = [&["doc", "--workspace", "--no-deps"], features].concat();
    let mut command = shell::command("cargo", &arguments);
    command.env("RUSTDOCFLAGS", "-D warnings");
    shell::run_command(command)
}

/// A link may lead to what only one of the two builds has.
const BUILDS: &[&[&str]] = &[&[], &["--all-features"]];
