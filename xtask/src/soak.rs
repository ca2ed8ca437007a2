//! Fifty users with the same ids at one gateway, for as many calls as anybody wants; the tests do some thousands.

use std::process::ExitCode;

use crate::shell;

/// Lets them call `calls` times at an optimized gateway; the last lines say what became of it.
pub(crate) fn run(calls: &str) -> ExitCode {
    match play(&["--release"], calls) {
        Ok(line) => {
            println!("{line}");
            ExitCode::SUCCESS
        }
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
    }
}

/// Lets them call at a gateway that is built with `options`, and returns the line of figures.
pub(crate) fn play(options: &[&str], calls: &str) -> Result<String, String> {
    let mut command = shell::command("cargo", &["test", "-p", "mcp-gateway"]);
    command.args(options).args(["--test", "it", "--", "--nocapture", "--test-threads=1"]).args(TESTS);
    command.env("SOAK_CALLS", calls);
    let mut figures = Vec::new();
    let succeeded = shell::run_and_read(command, |line| {
        if is_of_figures(line) {
            // The name of the test may stand before it.
            figures.push(line.rsplit(" ... ").next().unwrap_or(line).to_owned());
        }
    })?;
    let told = figures.join("\n");
    match figures.len() {
        count if count < TESTS.len() => Err(format!("the soak has not told all of its figures: {told}")),
        _ if succeeded => Ok(told),
        _ => Err(told),
    }
}

fn is_of_figures(line: &str) -> bool {
    line.contains(" calls (") && line.contains(" crossed, ")
}

/// Before a server over HTTP, and before one over stdin and stdout.
const TESTS: [&str; 2] = ["soak::e31_", "soak::stdio::e34_users_"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_figures_are_told_from_other_lines() {
        assert!(is_of_figures("10 calls (10 left) in 1 s: 0 crossed, 0 lost, 0 refused"));
        assert!(!is_of_figures("test result: ok. 1 passed; 0 failed"));
    }
}
