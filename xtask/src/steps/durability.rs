//! Races, killed processes and lost power by the hundred and the thousand: enough of them to find what the few of a plain
//! `cargo test` would miss. `cargo xtask crash`, `races` and `power-loss` do as many as anybody wants.

use crate::{gate::Step, shell, tally::Tally};

pub(crate) const STEP: Step = Step { name: "durability", run };

fn run() -> Tally {
    RUNS.iter().map(|(program, options)| Tally::of(test_program(program, options))).sum()
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
