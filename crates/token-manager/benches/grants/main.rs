//! What grants cost on a disk: rotations per second, and the room that many of them take.
//!
//! `cargo xtask bench` runs it. `--quick` only shows that everything is answered as it must be.

mod rotations;
mod scene;
mod sizes;

use std::{env, io, process::ExitCode};

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).filter(|it| *it != "--bench").collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report(&error);
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[&str]) -> io::Result<()> {
    match arguments {
        [] => both(&[10_000, 100_000, 1_000_000], 4096),
        ["--quick"] => both(&[1000], 64),
        // A process of its own, so that nothing else is in its memory.
        ["--open", path] => sizes::open(path),
        other => Err(io::Error::other(format!("unknown arguments {other:?}"))),
    }
}

fn both(sizes: &[usize], rotations: usize) -> io::Result<()> {
    println("| measure | figure | aim |\n|---|---:|---|")?;
    for clients in [1, 8, 64] {
        println(&rotations::measure(clients, rotations)?)?;
    }
    for grants in sizes {
        println(&sizes::measure(*grants)?)?;
    }
    Ok(())
}

fn println(line: &str) -> io::Result<()> {
    use io::Write;
    writeln!(io::stdout(), "{line}")
}

fn report(error: &io::Error) {
    use io::Write;
    // Nobody is left to be told if this fails, too.
    let _ = writeln!(io::stderr(), "{error}");
}
