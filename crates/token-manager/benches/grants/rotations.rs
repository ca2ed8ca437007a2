//! Refresh rotations, each durable before it is answered.

use std::{io, sync::Arc, time::Instant};

use tokio::task::JoinSet;

use crate::{
    scene::{Scene, refresh_token_of, runtime},
    table::{Aim, Row},
};

/// The medians of `rounds`, of each number of clients that rotate at the same time, each a grant of its own.
///
/// One client makes `rotations` in a round, more clients together eight times as many.
pub(crate) fn measure(rounds: usize, rotations: usize) -> io::Result<Vec<Row>> {
    let mut found = CLIENTS.map(|clients| (clients, Vec::new(), Vec::new()));
    for _ in 0..rounds {
        for (clients, rates, shares) in &mut found {
            let (rate, share) = round(*clients, rotations * (*clients).min(8))?;
            rates.push(rate);
            shares.push(share);
        }
    }
    let rows = found.into_iter().flat_map(|(clients, rates, shares)| {
        let aim = (clients == 64).then_some(Aim::AtLeast(8.0));
        [
            Row::new(format!("clients at once: {clients}, durable rotations"), "1/s", median(rates)),
            Row::new(format!("clients at once: {clients}, rotations a commit"), "", median(shares)).aim(aim),
        ]
    });
    Ok(rows.collect())
}

/// Rotations per second, and rotations for each commit.
fn round(clients: usize, total: usize) -> io::Result<(f64, f64)> {
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
        let seconds = begun.elapsed().as_secs_f64();
        let commits = scene.store.statistics().commits - before.commits;
        Ok(per(each * clients, commits, seconds))
    })
}

#[expect(clippy::cast_precision_loss, reason = "counts of a bench are far below 2^52")]
fn per(rotations: usize, commits: u64, seconds: f64) -> (f64, f64) {
    (rotations as f64 / seconds, rotations as f64 / commits as f64)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

const CLIENTS: [usize; 3] = [1, 8, 64];
