//! What grants cost on a disk: rotations per second, and the room that many of them take.
//!
//! `cargo xtask bench` runs it. `--quick` only shows that everything is answered as it must be.

mod rotations;
mod scene;
mod sizes;
mod table;

use std::{
    env,
    io::{self, Write},
    process::ExitCode,
};

/// How much is measured.
struct Plan {
    /// Rounds of rotations; their figures are medians of so many.
    rounds: usize,
    /// Rotations of one client in one round; of eight and more, eight times as many together.
    rotations: usize,
    /// Numbers of grants, ascending.
    sizes: &'static [usize],
}

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).filter(|it| it != "--bench").collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody is left to be told if this fails, too.
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[&str]) -> io::Result<()> {
    match arguments {
        [] => all(&FULL, &mut io::stdout()),
        ["--quick"] => {
            all(&QUICK, &mut io::sink())?;
            writeln!(io::stdout(), "{QUICK_IS_DONE}")
        }
        // Processes of their own, so that nothing else is in their memory.
        ["open", path] => sizes::open(path),
        ["memory", path] => sizes::memory(path),
        _ => Err(io::Error::other("usage: grants [--quick]")),
    }
}

fn all(plan: &Plan, out: &mut dyn Write) -> io::Result<()> {
    table::head(out)?;
    for row in rotations::measure(plan.rounds, plan.rotations)? {
        writeln!(out, "{row}")?;
    }
    sizes::measure(plan.sizes, out)
}

const FULL: Plan = Plan { rounds: 3, rotations: 2_048, sizes: &[10_000, 100_000, 1_000_000] };
const QUICK: Plan = Plan { rounds: 1, rotations: 16, sizes: &[1_000] };
const QUICK_IS_DONE: &str = "every grant was answered as it must be; the figures of a quick run mean nothing";
