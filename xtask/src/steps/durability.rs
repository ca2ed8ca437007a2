//! Races, killed processes, lost power and calls of many users by the hundred and the thousand: enough of them to find
//! what the few of a plain `cargo test` would miss. `cargo xtask crash`, `races`, `power-loss` and `soak` do as many as
//! anybody wants.

use crate::{gate::Step, shell, soak, tally::Tally};

pub(crate) const STEP: Step = Step { name: "durability", run };

fn run() -> Tally {
    let runs = RUNS.iter().map(|(program, options)| Tally::of(test_program(program, options)));
    let soak = soak::play(&["--features", "postgres"], CALLS).map(drop);
    runs.chain([Tally::of(soak)]).sum()
}

/// Runs a test program as the tests have built it.
fn test_program(program: &str, options: &[&str; 2]) -> Result<(), String> {
    let arguments: Vec<&str> = TEST.iter().chain(&[program, "--"]).chain(options).copied().collect();
    shell::run("cargo", &arguments)
}

const RUNS: [(&str, [&str; 2]); 3] = [
    ("power_loss", ["--seeds", "10000"]),
    ("durability", ["--rounds", "100"]),
    ("durability", ["--cycles", "200"]),
];
/// Calls of the soak, before the gateway as the tests have built it last.
const CALLS: &str = "100000";
const TEST: [&str; 9] = [
    "test",
    "--quiet",
    "--workspace",
    "--all-features",
    "--exclude",
    "mcp-gateway",
    "--exclude",
    "xtask",
    "--test",
];
