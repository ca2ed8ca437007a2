//! Power that fails at any write of the disk, and what the file holds afterwards.
//!
//! Each seed is one history: a store works on a simulated disk until the power fails, which leaves of everything since
//! the last sync whatever the seed says; the next store opens what is left, perhaps to lose its power while it does.
//! `--seeds N` plays so many histories, `--from S` begins with another seed than 0; a failing seed is named, and
//! `--seeds 1 --from S` plays it again.
#![expect(clippy::indexing_slicing, reason = "a test: a panic is a failure")]

mod chance;
mod disk;
mod history;
mod migration;
mod rows;

use std::{
    env,
    error::Error,
    io::{self, Write},
    panic::{self, AssertUnwindSafe},
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    thread,
    time::{Duration, Instant},
};

use history::{Played, Workshop};

type Outcome<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

/// What a run of the tests plays; `cargo xtask power-loss` plays more.
const SEEDS: u64 = 250;

fn main() -> Outcome {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if arguments.iter().any(|it| it == "--list") {
        writeln!(io::stdout(), "l02_l03_power_loss_loses_nothing_answered: test")?;
        writeln!(io::stdout(), "l14_power_loss_in_a_migration_leaves_one_schema_whole: test")?;
        return Ok(());
    }
    let seeds = number_after(&arguments, "--seeds")?;
    let from = number_after(&arguments, "--from")?.unwrap_or(0);
    let (older, newer) = migration::l14_power_loss_in_a_migration_leaves_one_schema_whole(&runtime()?)?;
    writeln!(io::stdout(), "{older} migrations lost with the power, {newer} kept, 0 mixed")?;
    l02_l03_power_loss_loses_nothing_answered(from, seeds.unwrap_or(SEEDS), seeds.is_some())
}

fn number_after(arguments: &[String], name: &str) -> Outcome<Option<u64>> {
    let Some(place) = arguments.iter().position(|it| it == name) else { return Ok(None) };
    let text = arguments.get(place + 1).ok_or_else(|| format!("{name} needs a number"))?;
    Ok(Some(text.parse().map_err(|error| format!("{name} {text}: {error}"))?))
}

fn l02_l03_power_loss_loses_nothing_answered(from: u64, seeds: u64, with_progress: bool) -> Outcome {
    let workshop = Workshop::new()?;
    the_same_seed_plays_the_same_history(&workshop, from)?;
    let (next, done, failed) = (AtomicU64::new(from), AtomicU64::new(0), AtomicBool::new(false));
    let (end, started) = (from.saturating_add(seeds), Instant::now());
    let workers = thread::available_parallelism()?.get();
    let mut all = Played::default();
    thread::scope(|scope| -> Outcome {
        let work = || -> Outcome<Played> {
            let (runtime, mut sum) = (runtime()?, Played::default());
            loop {
                let seed = next.fetch_add(1, Ordering::Relaxed);
                if seed >= end || failed.load(Ordering::Relaxed) {
                    return Ok(sum);
                }
                let outcome = panic::catch_unwind(AssertUnwindSafe(|| workshop.play(seed, &runtime)));
                match outcome.unwrap_or_else(|_| Err("it panicked, see above".into())) {
                    Ok(played) => sum.add(&played),
                    Err(error) => {
                        failed.store(true, Ordering::Relaxed);
                        return Err(format!(
                            "seed {seed}: {error}\nplay it again: cargo xtask power-loss --seeds 1 --from {seed}"
                        )
                        .into());
                    }
                }
                let done = done.fetch_add(1, Ordering::Relaxed) + 1;
                if with_progress && done.is_multiple_of(PROGRESS) {
                    writeln!(io::stdout(), "{done} of {seeds} seeds, {:?}", started.elapsed())?;
                }
            }
        };
        let threads: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        for thread in threads {
            all.add(&thread.join().map_err(|_| "a worker panicked")??);
        }
        Ok(())
    })?;
    tell(seeds, &all, started.elapsed())
}

/// Otherwise a failing seed would be of no use.
fn the_same_seed_plays_the_same_history(workshop: &Workshop, from: u64) -> Outcome {
    let runtime = runtime()?;
    for seed in from..from.saturating_add(5) {
        let (first, second) = (workshop.play(seed, &runtime)?, workshop.play(seed, &runtime)?);
        assert_eq!(first, second, "seed {seed} plays differently every time");
    }
    Ok(())
}

fn tell(seeds: u64, all: &Played, elapsed: Duration) -> Outcome {
    let Played { cuts, cuts_while_opening, cuts_while_growing, torn, answered, unanswered_done, .. } = all;
    if seeds >= SEEDS {
        // The simulation is worth nothing if it does not get there.
        for (what, count) in [
            ("cuts while a store was opened", cuts_while_opening),
            ("cuts while the file grew", cuts_while_growing),
            ("torn or partly lost writes", torn),
            ("changes that were done, and never answered", unanswered_done),
        ] {
            assert!(*count > seeds / 200, "only {count} {what}");
        }
    }
    writeln!(
        io::stdout(),
        "{cuts} cuts of the power ({cuts_while_opening} while opening, {cuts_while_growing} while growing), \
         {torn} with torn or partly lost writes, {answered} answers, {unanswered_done} done without one, {elapsed:?}"
    )?;
    writeln!(io::stdout(), "{seeds} seeds, 0 lost, 0 resurrected, 0 unopened")?;
    Ok(())
}

fn runtime() -> io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().max_blocking_threads(1).build()
}

const PROGRESS: u64 = 1_000;
