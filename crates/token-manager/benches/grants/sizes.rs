//! The room that grants take, and how long it takes to open them.

use std::{
    env, fs, io,
    path::Path,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Instant,
};

use tokio::task::JoinSet;

use crate::scene::{Scene, runtime};

/// Makes `grants` of as many persons, then opens them in a new process.
pub(crate) fn measure(grants: usize) -> io::Result<String> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("state.redb");
    fill(&path, grants)?;
    let file = fs::metadata(&path)?.len();
    let output = Command::new(env::current_exe()?).arg("--open").arg(&path).output()?;
    if !output.status.success() {
        return Err(io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned()));
    }
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut fields = text.split_whitespace();
    let mut field = || fields.next().and_then(|it| it.parse::<u64>().ok()).unwrap_or_default();
    let (live, open_ms, memory) = (field(), field(), field());
    if usize::try_from(live) != Ok(grants) {
        return Err(io::Error::other(format!("{live} of {grants} grants are there")));
    }
    let each = grants as u64;
    let aim = if grants == 1_000_000 { "opened in under 2 s" } else { "" };
    Ok(format!(
        "| {grants} grants: opened in, memory and file for each | {open_ms} ms, {} B, {} B | {aim} |",
        memory / each,
        file / each
    ))
}

/// Opens the file and prints how many grants live, how many milliseconds it took, and how many bytes of memory.
pub(crate) fn open(path: &str) -> io::Result<()> {
    use io::Write;
    let runtime = runtime()?;
    let before = resident()?;
    let begun = Instant::now();
    let scene = runtime.block_on(Scene::open(Path::new(path)))?;
    let elapsed = begun.elapsed().as_millis();
    let memory = resident()?.saturating_sub(before);
    writeln!(io::stdout(), "{} {elapsed} {memory}", scene.grants.count().0)
}

fn fill(path: &Path, grants: usize) -> io::Result<()> {
    runtime()?.block_on(async {
        let scene = Arc::new(Scene::open(path).await?);
        let next = Arc::new(AtomicUsize::new(0));
        let mut work = JoinSet::new();
        for _ in 0..AT_ONCE {
            let (scene, next) = (Arc::clone(&scene), Arc::clone(&next));
            work.spawn(async move {
                loop {
                    let number = next.fetch_add(1, Relaxed);
                    if number >= grants {
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

const AT_ONCE: usize = 1024;
