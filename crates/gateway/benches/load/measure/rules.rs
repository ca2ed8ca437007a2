//! What it costs to decide on the body: the gateway with rules beside the gateway without.

use std::io;

use super::{
    Plan,
    rounds::{Kind, all, sample},
};
use crate::{
    configuration,
    load::{Call, Traffic},
    proxies::{Pair, Proxies},
    table::Table,
    tokens::Mint,
};

pub(crate) async fn measure(
    proxies: &Proxies,
    mint: &mut Mint,
    plan: Plan,
    table: &mut Table,
) -> io::Result<()> {
    let bare = proxies.gateway_of("plain.toml", mint, configuration::option_a)?;
    let plain_traffic = mint.repeated();
    let ruled = proxies.gateway_of("ruled.toml", mint, configuration::with_rules)?;
    let ruled_traffic = mint.repeated();
    let processes = Pair { baseline: &bare, gateway: &ruled };
    // The rules are at work: what they deny is denied, and passes where there are none.
    let denied = Call::of_tool("delete_everything", 1);
    sample(&ruled, &Traffic { status: 403, ..ruled_traffic.with(&denied) }, plan).await?;
    sample(&bare, &plain_traffic.with(&denied), plan).await?;
    let kinds = [("bodies of 1 kB", 1_000), ("bodies of 100 kB", 100_000)].map(|(name, bytes)| {
        let call = Call::of_tool("echo", bytes);
        let traffic = Pair { baseline: plain_traffic.with(&call), gateway: ruled_traffic.with(&call) };
        (Kind::new(name, None), traffic)
    });
    all(processes, kinds, plan, table).await
}
