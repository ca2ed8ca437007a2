//! A process that is killed at random instants while it signs in, redeems, refreshes, revokes, and seals everything anew
//! with the master key that the process before it did not seal with (FI-01, FI-26).

use std::{
    env, fs,
    hash::{BuildHasher, RandomState},
    io::{self, BufRead, BufReader, Write},
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::{
    Outcome,
    filling::{self, AtRest, FileSize},
    ledger::{Ledger, Violations},
    scene::{Scene, Sealing},
};

/// What is known when a run goes on where an earlier one stopped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Report {
    cycles: u64,
    answers: u64,
    violations: Violations,
    slowest_ms: u64,
    resealed: u64,
    working_ms: u64,
}

/// What a run is to do.
pub(crate) struct Plan {
    pub(crate) cycles: u64,
    /// Fills every file first, so that it has at least this size at each kill.
    pub(crate) file_size: Option<FileSize>,
    /// Tells of the cycles that are done already.
    pub(crate) report: Option<PathBuf>,
}

/// Kills as often as planned, counting the cycles that the report already tells of.
pub(crate) fn run(plan: &Plan) -> Outcome {
    let Plan { cycles, file_size, .. } = *plan;
    let mut done = plan.report.as_deref().map_or(Ok(Report::default()), Report::read)?;
    if done.cycles >= cycles {
        done = Report::default();
    }
    while done.cycles < cycles {
        kill_over_one_file(plan, &mut done)?;
    }
    done.write_if_wanted(plan)?;
    let Report { answers, violations, slowest_ms, resealed, working_ms, .. } = done;
    assert!(slowest_ms < 2_000, "it took {slowest_ms} ms to open the store");
    let rate = answers * 1_000 / working_ms.max(1);
    assert!(rate > 200, "only {answers} answers in {working_ms} ms: hardly anything was tried");
    assert!(
        resealed > cycles / 2 || file_size.is_some(),
        "only {resealed} records were sealed anew: nothing was tried"
    );
    writeln!(
        io::stdout(),
        "{answers} answers before the kills, {rate} a second, {resealed} records sealed anew, \
         slowest open {slowest_ms} ms"
    )?;
    writeln!(io::stdout(), "{cycles} cycles, {violations}")?;
    if violations == Violations::default() { Ok(()) } else { Err("see above".into()) }
}

/// A new file now and then, so that the last cycles are as quick as the first.
fn kill_over_one_file(plan: &Plan, done: &mut Report) -> Outcome {
    // A large file lies where it would lie in earnest.
    let folder = if plan.file_size.is_some() { tempfile::tempdir()? } else { crate::folder()? };
    let path = folder.path().join("state.redb");
    let older = folder.path().join("older.redb");
    let at_rest = match plan.file_size {
        Some(size) => filled(&path, Sealing::of(done.cycles), size)?,
        None => AtRest::default(),
    };
    let mut ledger = Ledger::default();
    for _ in 0..CYCLES_OF_A_FILE.min(plan.cycles - done.cycles) {
        l01_nothing_answered_is_lost_by_a_kill(&path, &at_rest, &mut ledger, done)?;
        if !older.exists() {
            fs::copy(&path, &older)?;
        }
        if done.cycles.is_multiple_of(PROGRESS) {
            writeln!(io::stdout(), "{} of {} cycles, {}", done.cycles, plan.cycles, done.violations)?;
            done.write_if_wanted(plan)?;
        }
    }
    done.answers += ledger.answers;
    done.resealed += ledger.resealed;
    the_ledger_finds_an_older_store_out(&older, ledger)
}

/// Makes the file in memory, where that is quick.
fn filled(path: &Path, sealing: Sealing, size: FileSize) -> Outcome<AtRest> {
    let folder = crate::folder()?;
    let new = folder.path().join("state.redb");
    let at_rest = crate::runtime()?.block_on(filling::fill(&new, sealing, size))?;
    fs::copy(&new, path)?;
    Ok(at_rest)
}

fn l01_nothing_answered_is_lost_by_a_kill(
    path: &Path,
    at_rest: &AtRest,
    ledger: &mut Ledger,
    done: &mut Report,
) -> Outcome {
    let sealing = Sealing::of(done.cycles);
    done.working_ms += u64::try_from(run_and_kill(path, sealing, ledger)?.as_millis())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let (started, worked) = (Instant::now(), processor_ms()?);
        // The next process seals with the other key, and has all this to seal anew.
        let scene = Scene::without_keeper(path, sealing).await?;
        let opened = u64::try_from(started.elapsed().as_millis())?;
        done.slowest_ms = done.slowest_ms.max(opened);
        if !at_rest.is_empty() {
            let (length, worked) = (FileSize(fs::metadata(path)?.len()), processor_ms()? - worked);
            writeln!(io::stdout(), "opened {length} in {opened} ms, {worked} ms of a processor's time")?;
        }
        // What rests is too much to seal anew again and again.
        if done.cycles % CYCLES_OF_A_ROUND == 1 && at_rest.is_empty() {
            done.resealed += fi26_what_was_interrupted_goes_on(&scene).await?;
        }
        let mut found = ledger.check(&scene).await?;
        found.extend(at_rest.check(&scene));
        for violation in found {
            writeln!(io::stdout(), "cycle {}: {violation:?}", done.cycles)?;
            done.violations.add(&violation);
        }
        Outcome::Ok(())
    })?;
    done.cycles += 1;
    Ok(())
}

/// Everything can be opened, and is sealed with the present key in the end; answers what was left to do of it.
async fn fi26_what_was_interrupted_goes_on(scene: &Scene) -> Outcome<u64> {
    let done = scene.ring.reseal(scene.store.as_ref(), |_| {}).await?;
    if done.unopened.is_empty() { Ok(done.resealed) } else { Err(format!("{:?}", done.unopened).into()) }
}

/// A ledger that finds nothing there would find nothing anywhere.
fn the_ledger_finds_an_older_store_out(older: &Path, mut ledger: Ledger) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let found =
        runtime.block_on(async { ledger.check(&Scene::without_keeper(older, Sealing::Day).await?).await })?;
    assert!(!found.is_empty(), "a store that is older than the ledger passes for the present one");
    Ok(())
}

/// How long the process worked before it was killed.
fn run_and_kill(path: &Path, sealing: Sealing, ledger: &mut Ledger) -> Outcome<Duration> {
    let mut work = Command::new(env::current_exe()?);
    work.arg("work").arg(path).arg(sealing.word());
    let mut child = work.stdout(Stdio::piped()).spawn()?;
    let mut lines = BufReader::new(child.stdout.take().ok_or("no output")?).lines();
    let first = lines.next().ok_or("the child said nothing")??;
    let delay = Duration::from_micros(RandomState::new().hash_one(path) % 200_000);
    let killer = thread::spawn(move || {
        thread::sleep(delay);
        child.kill().and_then(|()| child.wait())
    });
    for line in std::iter::once(Ok(first)).chain(lines) {
        ledger.note(&line?)?;
    }
    let ended = killer.join().map_err(|_| "the killer panicked")??;
    if ended.signal() != Some(SIGKILL) {
        return Err(format!("the process ended before it was killed: {ended}").into());
    }
    Ok(delay)
}

/// How long all threads of this process have worked (proc(5), `utime` and `stime`, in hundredths of a second).
fn processor_ms() -> Outcome<u64> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    // The name of the program, in brackets, may hold anything.
    let behind_name = stat.rsplit_once(')').map_or("", |(_, it)| it);
    let ticks: Vec<u64> =
        behind_name.split_whitespace().skip(11).take(2).filter_map(|it| it.parse().ok()).collect();
    Ok(ticks.iter().sum::<u64>() * 10)
}

impl Report {
    fn read(path: &Path) -> Outcome<Self> {
        let Ok(text) = fs::read_to_string(path) else { return Ok(Self::default()) };
        let numbers: Vec<u64> = text.split_whitespace().filter_map(|it| it.parse().ok()).collect();
        let [cycles, answers, lost, resurrected, doubled, slowest_ms, resealed, working_ms] = numbers[..]
        else {
            return Err(format!("{} is not a report", path.display()).into());
        };
        Ok(Self {
            cycles,
            answers,
            violations: Violations { lost, resurrected, doubled },
            slowest_ms,
            resealed,
            working_ms,
        })
    }

    fn write_if_wanted(&self, plan: &Plan) -> Outcome {
        plan.report.as_deref().map_or(Ok(()), |it| self.write(it))
    }

    /// As a whole or not at all: the run may be stopped at any time.
    fn write(&self, path: &Path) -> Outcome {
        let Self { cycles, answers, violations, slowest_ms, resealed, working_ms } = self;
        let new = path.with_extension("new");
        let text = format!(
            "{cycles} cycles, {answers} answers, {violations}, {slowest_ms} ms to open at most, \
             {resealed} sealed anew, {working_ms} ms of work\n"
        );
        fs::write(&new, text)?;
        Ok(fs::rename(&new, path)?)
    }
}

const CYCLES_OF_A_FILE: u64 = 250;
/// How often the re-sealing that was killed is brought to its end before the next process begins another.
const CYCLES_OF_A_ROUND: u64 = 5;
const PROGRESS: u64 = 10;
const SIGKILL: i32 = 9;
