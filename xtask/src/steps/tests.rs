//! All tests of the workspace, examples in the documentation included: as built by default, then with every feature.

use crate::{gate::Step, shell, tally::Tally};

pub(crate) const STEP: Step = Step { name: "tests", run };

fn run() -> Tally {
    RUNS.iter().map(|arguments| tests(arguments)).sum()
}

fn tests(arguments: &[&str]) -> Tally {
    let mut command = shell::command("cargo", arguments);
    command.env_remove("UPDATE_GOLDEN");
    let mut tally = Tally::default();
    let ended = shell::run_and_read(command, |line| {
        tally = [tally, Tally::of_test_line(line).unwrap_or_default()].into_iter().sum();
    });
    match ended {
        Ok(succeeded) => tally.at_the_end(succeeded),
        Err(problem) => [tally, Tally::of(Err(problem))].into_iter().sum(),
    }
}

/// The end-to-end tests run whole against both builds: without its section a build with everything is the program that
/// most users get, down to the framing of a request, and nothing less than all of its tests shows that.
const RUNS: [&[&str]; 3] = [
    &["test", "--workspace", "--no-fail-fast"],
    &[
        "test",
        "--workspace",
        "--no-fail-fast",
        "--all-features",
        "--exclude",
        "mcp-gateway",
        "--exclude",
        "xtask",
    ],
    &["test", "-p", "mcp-gateway", "--no-fail-fast", "--features", "postgres", "--test", "it"],
];
