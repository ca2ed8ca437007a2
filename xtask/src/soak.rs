//! Fifty users with the same ids at one gateway, for as many calls as anybody wants; the tests do some thousands.

use std::process::ExitCode;

use crate::shell;

/// Lets them call `calls` times at an optimized gateway; the last line says what became of it.
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
    command.args(options).args(["--test", "it", "--", TEST, "--nocapture"]).env("SOAK_CALLS", calls);
    let mut figures = None;
    let succeeded = shell::run_and_read(command, |line| {
        if is_of_figures(line) {
            figures = Some(line.to_owned());
        }
    })?;
    match figures {
        Some(line) if succeeded => Ok(line),
        Some(line) => Err(line),
        None => Err("the soak has told no figures".to_owned()),
    }
}

fn is_of_figures(line: &str) -> bool {
    line.contains(" calls (") && line.contains(" crossed, ")
}

const TEST: &str = "soak::e31_";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_figures_are_told_from_other_lines() {
        assert!(is_of_figures("10 calls (10 left) in 1 s: 0 crossed, 0 lost, 0 refused"));
        assert!(!is_of_figures("test result: ok. 1 passed; 0 failed"));
    }
}
