//! Fifty grants at a third party in all its moods, for as long as anybody wants; the tests do it for some seconds.

use std::process::ExitCode;

use crate::shell;

/// Runs the tests of the third party's moods for `seconds` each.
pub(crate) fn run(seconds: &str) -> ExitCode {
    let mut command = shell::command("cargo", &TEST);
    command.env("MOODS_SECONDS", seconds);
    match shell::run_command(command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
    }
}

const TEST: [&str; 10] = [
    "test",
    "-p",
    "mcp-gateway",
    "--features",
    "postgres",
    "--test",
    "it",
    "--",
    "third_party::moods::",
    "--nocapture",
];
