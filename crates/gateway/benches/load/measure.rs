//! What is measured, and in which order.

mod memory;
mod rounds;
mod start;
mod third_party;
mod traffic;

use std::{io, path::PathBuf, time::Duration};

use crate::{
    options::Options, process::Places, proxies::Proxies, sign_in::Scene, table::Table, tokens::Mint, upstream,
};

/// How much is measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    /// Rounds of traffic; each figure is the median of so many.
    pub(crate) rounds: usize,
    /// The time of one kind of traffic for one proxy in one round.
    pub(crate) phase: Duration,
    /// Connections that are busy all the time.
    pub(crate) connections: usize,
    /// Tokens that come in turn.
    pub(crate) distinct: usize,
    /// New tokens in a round, at most.
    pub(crate) new_es256: usize,
    /// New tokens with RSA signatures in a round, at most.
    pub(crate) new_rs256: usize,
    /// Event streams open at once.
    pub(crate) streams: usize,
    /// How often each proxy is started.
    pub(crate) starts: usize,
}

/// The gateway beside a plain proxy, the quick things first.
pub(crate) async fn all(gateway: PathBuf, plan: Plan) -> io::Result<Table> {
    let mut mint = Mint::new();
    let places = Places::take();
    let proxies = Proxies::new(places, gateway, upstream::start().await?, &mint)?;
    let mut table = Table::new("baseline", "gateway");
    start::measure(&proxies, &mut mint, plan, &mut table)?;
    memory::measure(&proxies, &mut mint, plan, &mut table).await?;
    traffic::measure(&proxies, &mut mint, plan, &mut table).await?;
    Ok(table)
}

/// Option B: what signing in costs, and what its tokens cost beside those of Option A.
pub(crate) async fn third_party(gateway: PathBuf, plan: Plan) -> io::Result<Table> {
    let mut mint = Mint::new();
    let places = Places::take();
    let options = Options::new(places, gateway, upstream::start().await?, &mint)?;
    let scene = Scene::start(&options).await?;
    let mut table = Table::new("option A", "option B");
    third_party::liveness(&options, &scene, &mut mint, plan, &mut table).await?;
    third_party::sign_ins(&scene, plan, &mut table).await?;
    Ok(table)
}
