//! What is measured, and in which order.

mod memory;
mod programs;
mod rounds;
mod rules;
mod start;
mod third_party;
mod traffic;

use std::{io, path::PathBuf, time::Duration};

use crate::{
    options::Options,
    process::Places,
    proxies::Proxies,
    sign_in::Scene,
    table::{Sheet, Table, thousands},
    tokens::Mint,
    upstream,
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
    /// Event streams open at once, and sessions before programs.
    pub(crate) streams: usize,
    /// How often each proxy is started.
    pub(crate) starts: usize,
}

/// The gateway beside a plain proxy, the quick things first; with rules beside without; before programs.
pub(crate) async fn all(gateway: PathBuf, plan: Plan) -> io::Result<Vec<Sheet>> {
    let mut mint = Mint::new();
    let places = Places::take();
    let proxies = Proxies::new(places, gateway, upstream::start().await?, &mint)?;
    let mut beside_a_proxy = Table::new("baseline", "gateway");
    start::measure(&proxies, &mut mint, plan, &mut beside_a_proxy)?;
    memory::measure(&proxies, &mut mint, plan, &mut beside_a_proxy).await?;
    traffic::measure(&proxies, &mut mint, plan, &mut beside_a_proxy).await?;
    let mut with_rules = Table::new("without rules", "with rules");
    rules::measure(&proxies, &mut mint, plan, &mut with_rules).await?;
    let mut before_programs = Table::new("by itself", "through the gateway");
    programs::measure(&proxies, &mut mint, plan, &mut before_programs).await?;
    Ok([beside_a_proxy, with_rules, before_programs].map(Table::into_sheet).into())
}

/// Option B: what signing in costs, and what its tokens cost beside those of Option A.
pub(crate) async fn third_party(gateway: PathBuf, plan: Plan) -> io::Result<Vec<Sheet>> {
    let mut mint = Mint::new();
    let places = Places::take();
    let options = Options::new(places, gateway, upstream::start().await?, &mint)?;
    let scene = Scene::start(&options).await?;
    let mut table = Table::new("Option A", "Option B");
    third_party::liveness(&options, &scene, &mut mint, plan, &mut table).await?;
    Ok(vec![table.into_sheet(), third_party::sign_ins(&scene, plan).await?])
}

/// What traffic with many tokens is called.
fn many_tokens(plan: Plan) -> String {
    format!("{} tokens in turn", thousands(plan.distinct))
}
