//! Refresh rotations, each durable before it is answered.

use std::{io, sync::Arc, time::Instant};

use tokio::task::JoinSet;

use crate::scene::{Scene, refresh_token_of, runtime};

/// `clients` at the same time, each with a grant of its own, `total` rotations together.
pub(crate) fn measure(clients: usize, total: usize) -> io::Result<String> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("state.redb");
    runtime()?.block_on(async {
        let scene = Arc::new(Scene::open(&path).await?);
        let mut tokens = Vec::new();
        for number in 0..clients {
            tokens.push(refresh_token_of(&scene.sign_in(number).await?)?);
        }
        let (each, before, begun) = (total / clients, scene.store.statistics(), Instant::now());
        let mut work = JoinSet::new();
        for token in tokens {
            let scene = Arc::clone(&scene);
            work.spawn(async move {
                let mut token = token;
                for _ in 0..each {
                    token = scene.rotate(&token).await?;
                }
                io::Result::Ok(())
            });
        }
        while let Some(done) = work.join_next().await {
            done.map_err(io::Error::other)??;
        }
        let elapsed = begun.elapsed();
        let rotations = each * clients;
        let commits = scene.store.statistics().commits - before.commits;
        Ok(row(clients, rotations, commits, elapsed.as_secs_f64()))
    })
}

#[expect(clippy::cast_precision_loss, reason = "counts of a bench are far below 2^52")]
fn row(clients: usize, rotations: usize, commits: u64, seconds: f64) -> String {
    let rate = rotations as f64 / seconds;
    let shared = rotations as f64 / commits as f64;
    let aim = if clients == 64 { "at least 8 rotations for each commit" } else { "" };
    format!(
        "| {clients} clients: durable rotations per second, rotations for each commit | {rate:.0}, {shared:.1} | {aim} |"
    )
}
