//! The room that grants take, and how long it takes to open them.

use std::{
    env, fs,
    io::{self, Write},
    ops::Range,
    path::Path,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Instant,
};

use storage::RedbSettings;
use tokio::task::JoinSet;

use crate::{
    scene::{Scene, runtime},
    table::{Aim, Row},
};

/// Fills one file with ever more grants, each of another person, and opens it in new processes at each of `sizes`.
pub(crate) fn measure(sizes: &[usize], out: &mut dyn Write) -> io::Result<()> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("state.redb");
    let mut made = 0;
    for grants in sizes {
        let begun = Instant::now();
        fill(&path, made..*grants)?;
        writeln!(io::stderr(), "made {} grants in {:.1?}", grants - made, begun.elapsed())?;
        made = *grants;
        for row in look(&path, *grants)? {
            writeln!(out, "{row}")?;
        }
    }
    Ok(())
}

fn look(path: &Path, grants: usize) -> io::Result<[Row; 3]> {
    let file = to_f64(fs::metadata(path)?.len());
    let open_ms = in_a_new_process("open", path, grants)?;
    let memory = in_a_new_process("memory", path, grants)?;
    let each = to_f64(grants as u64);
    let aim = (grants == 1_000_000).then_some(Aim::Below(2_000.0));
    Ok([
        Row::new(format!("grants in the file: {grants}, opened in"), "ms", open_ms).aim(aim),
        Row::new(format!("grants in the file: {grants}, memory of each"), "B", memory / each),
        Row::new(format!("grants in the file: {grants}, file of each"), "B", file / each),
    ])
}

/// Opens the file as the gateway does, and prints how many grants live and how many milliseconds it took.
pub(crate) fn open(path: &str) -> io::Result<()> {
    let begun = Instant::now();
    let scene = runtime()?.block_on(Scene::open(Path::new(path)))?;
    report(&scene, begun.elapsed().as_millis())
}

/// Opens the file, and prints how many grants live and how many bytes of memory they take.
///
/// The cache for pages of the file is no memory of the grants: there is as good as none here.
/// What any open store takes, however empty, is taken before the first look.
pub(crate) fn memory(path: &str) -> io::Result<()> {
    let folder = tempfile::tempdir()?;
    let runtime = runtime()?;
    let lean = |path: &Path| RedbSettings { cache_bytes: 1 << 16, check_up_to: 0, ..RedbSettings::new(path) };
    let empty = runtime.block_on(Scene::open_as(&lean(&folder.path().join("empty.redb"))))?;
    let before = resident()?;
    let scene = runtime.block_on(Scene::open_as(&lean(Path::new(path))))?;
    let bytes = resident()?.saturating_sub(before);
    drop(empty);
    report(&scene, bytes.into())
}

fn report(scene: &Scene, figure: u128) -> io::Result<()> {
    writeln!(io::stdout(), "{} {figure}", scene.grants.count().0)
}

/// The figure that this program prints in another role.
fn in_a_new_process(role: &str, path: &Path, grants: usize) -> io::Result<f64> {
    let output = Command::new(env::current_exe()?).arg(role).arg(path).output()?;
    if !output.status.success() {
        return Err(io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned()));
    }
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let (live, figure) = text.trim_end().split_once(' ').ok_or_else(|| io::Error::other("no figure"))?;
    if live.parse() != Ok(grants) {
        return Err(io::Error::other(format!("{live} of {grants} grants are there")));
    }
    figure.parse::<u64>().map(to_f64).map_err(io::Error::other)
}

fn fill(path: &Path, persons: Range<usize>) -> io::Result<()> {
    let settings = RedbSettings { cache_bytes: 1 << 29, ..RedbSettings::new(path) };
    runtime()?.block_on(async {
        let scene = Arc::new(Scene::open_as(&settings).await?);
        let next = Arc::new(AtomicUsize::new(persons.start));
        let mut work = JoinSet::new();
        for _ in 0..AT_ONCE {
            let (scene, next) = (Arc::clone(&scene), Arc::clone(&next));
            work.spawn(async move {
                loop {
                    let number = next.fetch_add(1, Relaxed);
                    if number >= persons.end {
                        return io::Result::Ok(());
                    }
                    scene.sign_in(number).await?;
                }
            });
        }
        while let Some(done) = work.join_next().await {
            done.map_err(io::Error::other)??;
        }
        Ok(())
    })
}

/// The resident memory of this process, in bytes.
fn resident() -> io::Result<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|it| it.strip_prefix("VmRSS:"));
    let kib = line.and_then(|it| it.split_whitespace().next()?.parse::<u64>().ok());
    Ok(kib.ok_or_else(|| io::Error::other("no VmRSS"))? * 1024)
}

#[expect(clippy::cast_precision_loss, reason = "sizes of a bench are far below 2^52")]
fn to_f64(count: u64) -> f64 {
    count as f64
}

/// Four times what one commit takes, so that the next ones are ready when it is done.
const AT_ONCE: usize = 4096;
