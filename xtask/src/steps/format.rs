//! Every file is formatted as `rustfmt.toml` says.

use crate::{gate::Step, shell, tally::Tally};

pub(crate) const STEP: Step = Step { name: "format", run };

fn run() -> Tally {
    Tally::of(shell::run("cargo", &["fmt", "--all", "--check"]))
}
