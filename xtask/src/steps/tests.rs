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

/// The end-to-end tests run whole against the default build, which is what most users get. Against the build with
/// `third-party` those of Option B run, and enough of the others to show that without its section it is the same program.
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
    &[
        "test",
        "-p",
        "mcp-gateway",
        "--no-fail-fast",
        "--features",
        "third-party",
        "--test",
        "it",
        "--",
        "third_party::",
        "attacks::bearer::",
        "attacks::headers::",
        "attacks::routes::",
        "checking::",
        "demo::",
        "flow::",
        "lifecycle::",
        "tls::",
    ],
];
