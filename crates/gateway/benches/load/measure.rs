//! What is measured, and in which order.

mod memory;
mod start;
mod traffic;

use std::{io, path::PathBuf, time::Duration};

use crate::{process::Places, proxies::Proxies, table::Table, tokens::Mint, upstream};

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

/// Everything, the quick things first.
pub(crate) async fn all(gateway: PathBuf, plan: Plan) -> io::Result<Table> {
    let mut mint = Mint::new();
    let places = Places::take();
    let proxies = Proxies::new(places, gateway, upstream::start().await?, &mint)?;
    let mut table = Table::default();
    start::measure(&proxies, &mut mint, plan, &mut table)?;
    memory::measure(&proxies, &mut mint, plan, &mut table).await?;
    traffic::measure(&proxies, &mut mint, plan, &mut table).await?;
    Ok(table)
}
