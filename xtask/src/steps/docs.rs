//! The documentation of the crates has no broken link.

use crate::{gate::Step, shell, tally::Tally};

pub(crate) const STEP: Step = Step { name: "docs", run };

fn run() -> Tally {
    let mut command = shell::command("cargo", &["doc", "--workspace", "--no-deps", "--all-features"]);
    command.env("RUSTDOCFLAGS", "-D warnings");
    Tally::of(shell::run_command(command))
}
