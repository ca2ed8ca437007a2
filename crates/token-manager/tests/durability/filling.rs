//! A store that is large before the first kill: grants at rest, each with third-party tokens.

use std::{
    fmt, fs,
    io::{self, Write},
    path::Path,
    str::FromStr,
};

use oauth_types::GrantId;
use token_manager::Liveness;
use tokio::task::JoinSet;

use crate::{
    Outcome,
    ledger::Violation,
    scene::{Scene, Sealing},
};

/// The length of a file, in bytes; written `1GiB`, `64MiB` or `4096`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FileSize(pub(crate) u64);

impl FromStr for FileSize {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (number, unit) = match text.strip_suffix("GiB") {
            Some(number) => (number, 1 << 30),
            None => text.strip_suffix("MiB").map_or((text, 1), |number| (number, 1 << 20)),
        };
        let number: u64 = number.parse().map_err(|error| format!("{text}: {error}"))?;
        number.checked_mul(unit).map(Self).ok_or_else(|| format!("{text} is too much"))
    }
}

impl fmt::Display for FileSize {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} MiB", self.0 >> 20)
    }
}

/// Grants that nobody uses while processes are killed.
#[derive(Default)]
pub(crate) struct AtRest(Vec<GrantId>);

impl AtRest {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Those that do not live any more.
    pub(crate) fn check(&self, scene: &Scene) -> impl Iterator<Item = Violation> {
        let ended = self.0.iter().filter(|it| scene.grants.is_live(it) == Liveness::Ended);
        ended.map(|it| Violation::Lost(format!("{it}, which rested")))
    }
}

/// Issues and redeems until what lies in the file needs `size`.
pub(crate) async fn fill(path: &Path, sealing: Sealing, size: FileSize) -> Outcome<AtRest> {
    let scene = Scene::without_keeper(path, sealing).await?;
    let mut grants = Vec::new();
    // The file doubles when it is full, and is cut to what lies in it when it is closed.
    while fs::metadata(path)?.len() / 2 < size.0 {
        let mut tasks = JoinSet::new();
        for _ in 0..TASKS {
            let scene = scene.clone();
            tasks.spawn(async move { grants_at_rest(&scene).await });
        }
        while let Some(done) = tasks.join_next().await {
            grants.extend(done??);
        }
        let length = FileSize(fs::metadata(path)?.len());
        writeln!(io::stdout(), "{} grants at rest, the file has {length}", grants.len())?;
    }
    Ok(AtRest(grants))
}

async fn grants_at_rest(scene: &Scene) -> Outcome<Vec<GrantId>> {
    let mut grants = Vec::with_capacity(GRANTS_OF_A_TASK);
    for _ in 0..GRANTS_OF_A_TASK {
        let (grant, code) = scene.issue_code().await?;
        scene.redeem(&code).await?;
        scene.keep_at_rest(&grant).await?;
        grants.push(grant);
    }
    Ok(grants)
}

/// As many as share a commit.
const TASKS: usize = 512;
const GRANTS_OF_A_TASK: usize = 40;
