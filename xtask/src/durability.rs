//! Long runs of the programs that lose power and kill processes; the tests run them for some seconds.

use std::process::ExitCode;

use crate::{shell, workspace::root};

/// Loses the power of a simulated disk, as often as `options` say.
pub(crate) fn power_loss(options: &[&str]) -> ExitCode {
    run(&["storage", "power_loss"], &with_default(options, "--seeds", "10000"))
}

/// Kills a process that works on grants, as often as `options` say; goes on where an earlier run was stopped, unless the
/// store is filled first (`--file-size`).
pub(crate) fn crash(options: &[&str]) -> ExitCode {
    let report = root().join("target/crash-report.txt");
    let report = report.to_string_lossy();
    let mut options = with_default(options, "--cycles", "1000");
    // Files of another size are another run, and a short one.
    if !options.contains(&"--file-size") {
        options = with_default(&options, "--report", &report);
    }
    run(&["token-manager", "durability"], &options)
}

/// Lets many redeem one code and refresh one token at once, as often as `options` say.
pub(crate) fn races(options: &[&str]) -> ExitCode {
    run(&["token-manager", "durability"], &with_default(options, "--rounds", "100"))
}

/// Runs a test program optimized, its output going to ours as it comes.
fn run([package, program]: &[&str; 2], options: &[&str]) -> ExitCode {
    let test =
        ["test", "--quiet", "--release", "--all-features", "--package", package, "--test", program, "--"];
    let arguments: Vec<&str> = test.iter().chain(options).copied().collect();
    match shell::run("cargo", &arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
    }
}

fn with_default<'a>(options: &[&'a str], name: &'a str, value: &'a str) -> Vec<&'a str> {
    let mut all = options.to_vec();
    if !options.contains(&name) {
        all.extend([name, value]);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_option_that_is_not_given_has_its_default() {
        assert_eq!(with_default(&[], "--seeds", "10"), ["--seeds", "10"]);
        assert_eq!(with_default(&["--from", "3"], "--seeds", "10"), ["--from", "3", "--seeds", "10"]);
        assert_eq!(with_default(&["--seeds", "2"], "--seeds", "10"), ["--seeds", "2"]);
    }
}
