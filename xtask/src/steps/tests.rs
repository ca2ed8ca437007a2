//! All tests of the workspace, examples in the documentation included.

use crate::{gate::Step, shell, tally::Tally};

pub(crate) const STEP: Step = Step { name: "tests", run };

fn run() -> Tally {
    let mut command = shell::command("cargo", &["test", "--workspace", "--no-fail-fast"]);
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
