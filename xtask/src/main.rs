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
        ["help" | "--help" | "-h"] => {
            println!("{USAGE}");
            ExitCode::SUCCESS
        }
        [name] => gate::run_named(name).unwrap_or_else(usage_error),
        _ => usage_error(),
    }
}

fn usage_error() -> ExitCode {
    eprintln!("{USAGE}");
    ExitCode::from(2)
}
