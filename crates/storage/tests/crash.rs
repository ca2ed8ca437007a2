//! A process that is killed while it writes, and what the file holds afterwards.
//!
//! The program is both: called with a path it writes until it is killed, and tells every intent before it and every
//! answer after it; otherwise it starts itself so, kills it at random instants, and compares the file with that ledger.

use std::{
    collections::BTreeMap,
    env,
    error::Error,
    fs,
    hash::{BuildHasher, RandomState},
    io::{self, BufRead, BufReader, Write},
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use oauth_types::UnixTime;
use storage::{Key, OpenError, Record, RecordStore, RedbSettings, RedbStore, Table};
use tokio::task::JoinSet;

type Outcome<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

/// One row a writer, which counts up.
const COUNTERS: Table = Table::new("counters", 1);
/// One row a count, which is taken when the next count is there: a code that must never come back.
const TOKENS: Table = Table::new("tokens", 1);

const WRITERS: u8 = 8;
const CYCLES: u32 = 40;

fn main() -> Outcome {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["write", path] => runtime()?.block_on(write_until_killed(Path::new(path))),
        ["--list", ..] => Ok(writeln!(io::stdout(), "l01_l15_nothing_answered_is_lost_by_kill_9: test")?),
        _ => l01_l15_nothing_answered_is_lost_by_kill_9(),
    }
}

fn l01_l15_nothing_answered_is_lost_by_kill_9() -> Outcome {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("state.redb");
    drop(RedbStore::open_or_create(&RedbSettings::new(&path))?);
    let runtime = runtime()?;
    let (mut ledger, mut slowest) = (Ledger::default(), Duration::ZERO);
    for _ in 0..CYCLES {
        run_and_kill(&path, &mut ledger)?;
        let copy = folder.path().join("copy.redb");
        fs::copy(&path, &copy)?;
        let started = Instant::now();
        runtime.block_on(check_ledger(&path, &mut ledger))?;
        slowest = slowest.max(started.elapsed());
        runtime.block_on(check_indexes(&copy))?;
    }
    assert!(slowest < Duration::from_secs(2), "it took {slowest:?} to open and read");
    let answers = ledger.answers;
    assert!(answers > u64::from(CYCLES), "only {answers} answers: nothing was tried");
    writeln!(
        io::stdout(),
        "{CYCLES} kills, {answers} answers, 0 lost, 0 came back, slowest open {slowest:?}"
    )?;
    Ok(())
}

/// What the processes said: the highest count they meant to write, and the highest that was answered.
#[derive(Default)]
struct Ledger {
    meant: BTreeMap<u8, u64>,
    answered: BTreeMap<u8, u64>,
    /// The highest count whose token was taken, by the answer.
    taken: BTreeMap<u8, u64>,
    answers: u64,
}

fn run_and_kill(path: &Path, ledger: &mut Ledger) -> Outcome {
    let mut child =
        Command::new(env::current_exe()?).arg("write").arg(path).stdout(Stdio::piped()).spawn()?;
    let mut lines = BufReader::new(child.stdout.take().ok_or("no output")?).lines();
    let first = lines.next().ok_or("the child said nothing")??;
    l15_refuses_a_second_process(path);
    let delay = Duration::from_micros(RandomState::new().hash_one(path) % 60_000);
    let killer = thread::spawn(move || {
        thread::sleep(delay);
        child.kill().and_then(|()| child.wait())
    });
    for line in std::iter::once(Ok(first)).chain(lines) {
        ledger.note(&line?)?;
    }
    killer.join().map_err(|_| "the killer panicked")??;
    Ok(())
}

/// The other process has the file; this one must not get it.
fn l15_refuses_a_second_process(path: &Path) {
    let mut settings = RedbSettings::new(path);
    settings.lock_wait = Duration::ZERO;
    let outcome = RedbStore::open(&settings).map(drop);
    assert!(matches!(outcome, Err(OpenError::Locked { .. })), "{outcome:?}");
}

impl Ledger {
    fn note(&mut self, line: &str) -> Outcome {
        let mut words = line.split(' ');
        let (Some(what), Some(writer), Some(count)) = (words.next(), words.next(), words.next()) else {
            return Err(format!("a line of the child makes no sense: {line}").into());
        };
        let highest = match what {
            "meant" => &mut self.meant,
            "answered" => &mut self.answered,
            "taken" => &mut self.taken,
            _ => return Err(format!("a line of the child makes no sense: {line}").into()),
        };
        self.answers += u64::from(what != "meant");
        highest.insert(writer.parse()?, count.parse()?);
        Ok(())
    }
}

async fn write_until_killed(path: &Path) -> Outcome {
    let store = Arc::new(RedbStore::open(&RedbSettings::new(path))?);
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let store = Arc::clone(&store);
        writers.spawn(async move { count_up(&store, writer).await });
    }
    match writers.join_next().await {
        Some(outcome) => outcome?,
        None => Ok(()),
    }
}

async fn count_up(store: &RedbStore, writer: u8) -> Outcome {
    let counter = Key::of([writer]);
    store.insert_new(COUNTERS, &counter, record(COUNTERS, writer, 0)).await?;
    loop {
        let found = store.get(COUNTERS, &counter).await?.ok_or("the counter is gone")?;
        let last = count_of(&found.record)?;
        if let Some(before) = last.checked_sub(1) {
            store.take(TOKENS, &token(writer, before)).await?;
            tell("taken", writer, before)?;
        }
        let count = last + 1;
        tell("meant", writer, count)?;
        store.put(TOKENS, &token(writer, count), record(TOKENS, writer, count)).await?;
        if !store
            .compare_and_swap(COUNTERS, &counter, found.revision, record(COUNTERS, writer, count))
            .await?
        {
            return Err("somebody else counts".into());
        }
        tell("answered", writer, count)?;
    }
}

/// One call to the system a line, so that a kill cannot cut one.
fn tell(what: &str, writer: u8, count: u64) -> io::Result<()> {
    io::stdout().lock().write_all(format!("{what} {writer} {count}\n").as_bytes())
}

async fn check_ledger(path: &Path, ledger: &mut Ledger) -> Outcome {
    let store = RedbStore::open(&RedbSettings::new(path))?;
    for writer in 0..WRITERS {
        let found = store.get(COUNTERS, &Key::of([writer])).await?;
        let count = found.map(|it| count_of(&it.record)).transpose()?.unwrap_or(0);
        let [meant, answered] =
            [&ledger.meant, &ledger.answered].map(|it| it.get(&writer).copied().unwrap_or(0));
        assert!(answered <= count, "writer {writer}: {answered} was answered, {count} is there");
        assert!(count <= meant, "writer {writer}: {count} is there, only {meant} was meant");
        if count > 0 {
            assert!(
                store.get(TOKENS, &token(writer, count)).await?.is_some(),
                "{writer}: token {count} is lost"
            );
        }
        for gone in 0..=ledger.taken.get(&writer).copied().unwrap_or(0) {
            let back = store.get(TOKENS, &token(writer, gone)).await?;
            assert!(back.is_none(), "writer {writer}: token {gone} was taken, and came back");
        }
    }
    Ok(())
}

/// Every row is in both indexes once, and every entry has its row.
async fn check_indexes(copy: &Path) -> Outcome {
    let store = RedbStore::open(&RedbSettings::new(copy))?;
    for writer in 0..WRITERS / 2 {
        let mut expected = store.scan_prefix(TOKENS, &[writer], None, 1_000_000).await?.len();
        expected += store.scan_prefix(COUNTERS, &[writer], None, 2).await?.len();
        assert_eq!(store.delete_by_owner(&Key::of([writer])).await?, expected, "by owner {writer}");
    }
    let left =
        store.scan(TOKENS, None, 1_000_000).await?.len() + store.scan(COUNTERS, None, 1_000_000).await?.len();
    let swept = store.sweep(UnixTime::from_seconds(u64::MAX), usize::MAX).await?.len();
    assert_eq!(swept, left, "by expiry");
    for table in [COUNTERS, TOKENS] {
        assert!(store.scan(table, None, 1).await?.is_empty(), "{} is empty", table.name());
    }
    fs::remove_file(copy)?;
    Ok(())
}

fn record(table: Table, writer: u8, count: u64) -> Record {
    Record::new(table, UnixTime::from_seconds(count), count.to_be_bytes()).owned_by(Key::of([writer]))
}

fn count_of(record: &Record) -> Outcome<u64> {
    Ok(u64::from_be_bytes(record.body.as_slice().try_into()?))
}

fn token(writer: u8, count: u64) -> Key {
    let mut bytes = [writer; 9];
    bytes[1..].copy_from_slice(&count.to_be_bytes());
    Key::of(bytes)
}

fn runtime() -> io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()
}
