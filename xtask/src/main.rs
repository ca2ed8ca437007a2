//! Every chore of the workspace: `cargo xtask COMMAND`.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line program")]

mod bench;
mod durability;
mod fuzz;
mod gate;
mod moods;
mod parts;
mod shell;
mod soak;
mod steps;
mod tally;
mod tidy;
mod workspace;

use std::{env, process::ExitCode};

/// A command's lines are the one that begins with its name, indented by two, and those that are indented further.
const USAGE: &str = "\
usage: cargo xtask COMMAND

  test, ci            the whole gate: every step below, then a line `N passed, N failed`
  format              rustfmt
  tidy                crate map, file lengths, forbidden texts, tests that documents name
  clippy              lints, warnings denied
  parts               install what the end-to-end tests need: .parts/ and Chromium
  tests               cargo test of the workspace
  durability          some of `races`, `crash`, `power-loss` and `soak`, as many as fit into two minutes
  docs                rustdoc, warnings denied
  features            each crate without features and with each feature alone
  rust                the oldest Rust that we promise compiles the program; installs it with rustup if need be
  codegen [--check]   write docs/reference/, or say what is stale in it
  deny                licences, banned crates and versions, sources

  bench [--quick]     figures of both options; `--quick` only looks whether all is answered

  power-loss [--seeds N] [--from S]
                      lose the power of a simulated disk, N histories (10,000) from seed S (0) on
  crash [--cycles N] [--file-size SIZE]
                      kill a process that issues, refreshes and revokes, N times (1,000); goes on where it was stopped,
                      unless the store is filled to a SIZE (1GiB) first
  races [--rounds N]  redeem and refresh one token many times at once, N rounds (100)
  moods [--seconds N] fifty grants on third-party tokens of seconds, in good times and in bad, N seconds (120) each
  soak [--calls N]    fifty users with the same ids, names of sessions and progress tokens call N times (1,000,000),
                      half of it over HTTP and half of it at programs over stdin and stdout
  fuzz [--seconds N] [TARGET]
                      throw inputs at whatever reads what strangers send, N seconds (60) at each target";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["help" | "--help" | "-h"] => told(USAGE),
        [name, options @ ..] if options.iter().any(|it| matches!(*it, "--help" | "-h")) => {
            usage_of(name).map_or_else(usage_error, |lines| told(&format!("usage: cargo xtask\n\n{lines}")))
        }
        ["test" | "ci"] => gate::run_all(),
        ["codegen"] => gate::run(&[steps::codegen::WRITE]),
        ["codegen", "--check"] => gate::run(&[steps::codegen::CHECK]),
        ["bench"] => gate::run(&[bench::FULL]),
        ["bench", "--quick"] => gate::run(&[bench::QUICK]),
        ["power-loss", options @ ..] => durability::power_loss(options),
        ["crash", options @ ..] => durability::crash(options),
        ["races", options @ ..] => durability::races(options),
        ["moods"] => moods::run("120"),
        ["moods", "--seconds", seconds] => moods::run(seconds),
        ["soak"] => soak::run("1000000"),
        ["soak", "--calls", calls] => soak::run(calls),
        ["fuzz", options @ ..] => fuzz::run(options).unwrap_or_else(usage_error),
        [name] => gate::run_named(name).unwrap_or_else(usage_error),
        _ => usage_error(),
    }
}

fn told(text: &str) -> ExitCode {
    println!("{text}");
    ExitCode::SUCCESS
}

/// What the usage says of one command; `None` if it does not name it.
fn usage_of(name: &str) -> Option<String> {
    let begins = |line: &&str| {
        let command = line.strip_prefix("  ").filter(|it| !it.starts_with(' '));
        let names = command.and_then(|it| it.split("  ").next()).unwrap_or_default();
        names.split(' ').any(|word| !name.is_empty() && word.trim_end_matches(',') == name)
    };
    let mut lines = USAGE.lines().skip_while(|line| !begins(line));
    let first = lines.next()?;
    let further = lines.take_while(|it| it.starts_with("   "));
    Some(std::iter::once(first).chain(further).collect::<Vec<_>>().join("\n"))
}

fn usage_error() -> ExitCode {
    eprintln!("{USAGE}");
    ExitCode::from(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usage_of_a_command_is_its_own_lines() {
        for (name, options) in [
            ("crash", &["--cycles N", "--file-size SIZE", "goes on where it was stopped"][..]),
            ("races", &["--rounds N"]),
            ("power-loss", &["--seeds N", "--from S"]),
            ("soak", &["--calls N"]),
            ("ci", &["the whole gate"]),
        ] {
            let usage = usage_of(name).unwrap();
            assert!(options.iter().all(|it| usage.contains(it)), "{name}: {usage}");
            assert!(!usage.contains("moods") && !usage.contains("fuzz"), "{name}: {usage}");
        }
        for unknown in ["nothing", "", "usage:", "step", "(1,000);"] {
            assert_eq!(usage_of(unknown), None, "{unknown}");
        }
    }
}
