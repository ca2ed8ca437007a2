//! What grants must keep to when many ask at once, and when the process is killed.
//!
//! Without arguments it does some of both. `--cycles N` kills N times, and `--report PATH` notes how far it came, to go
//! on from there; with `--file-size SIZE` the store is filled first, on the disk, and has at least that size at each kill.
//! `--rounds N` lets many ask at once, N times.

mod crash;
mod filling;
mod ledger;
mod races;
mod scene;
mod worker;

use std::{
    env,
    error::Error,
    fmt::Display,
    io::{self, Write},
    path::Path,
    str::FromStr,
};

use scene::Sealing;

type Outcome<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

/// What a run of the tests does; `cargo xtask crash` and `cargo xtask races` do more.
const CYCLES: u64 = 20;
const ROUNDS: u64 = 3;

fn main() -> Outcome {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if let [mode, path, sealing] = &arguments[..]
        && mode == "work"
    {
        let sealing = Sealing::named(sealing).ok_or("no such key")?;
        return runtime()?.block_on(worker::work_until_killed(Path::new(path), sealing));
    }
    if arguments.iter().any(|it| it == "--list") {
        return Ok(writeln!(io::stdout(), "l01_g02_g18_grants_under_kills_and_races: test")?);
    }
    let (cycles, rounds) = (after(&arguments, "--cycles")?, after(&arguments, "--rounds")?);
    let file_size = after(&arguments, "--file-size")?;
    let both = cycles.is_none() && rounds.is_none();
    if let Some(rounds) = rounds.or(both.then_some(ROUNDS)) {
        runtime()?.block_on(races::run(rounds))?;
    }
    if let Some(cycles) = cycles.or(both.then_some(CYCLES)) {
        let place = arguments.iter().position(|it| it == "--report");
        let report = place.and_then(|it| arguments.get(it + 1)).map(Into::into);
        crash::run(&crash::Plan { cycles, file_size, report })?;
    }
    Ok(())
}

fn after<T: FromStr<Err: Display>>(arguments: &[String], name: &str) -> Outcome<Option<T>> {
    let Some(place) = arguments.iter().position(|it| it == name) else { return Ok(None) };
    let text = arguments.get(place + 1).ok_or_else(|| format!("{name} needs a value"))?;
    Ok(Some(text.parse().map_err(|error| format!("{name} {text}: {error}"))?))
}

/// In memory where there is such a folder: a killed process leaves what it has written to the system, synced or not, and
/// so more happens between two kills.
fn folder() -> io::Result<tempfile::TempDir> {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir())
}

fn runtime() -> io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()
}
