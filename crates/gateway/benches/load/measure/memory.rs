//! Memory of fresh processes: before anything happened, and with many event streams open.

use std::{io, time::Duration};

use super::Plan;
use crate::{
    connection::Connection,
    load::{self, Traffic},
    process::Process,
    proxies::{Pair, Proxies},
    table::{Aim, Row, Table, thousands},
    tokens::Mint,
    upstream::EVENT,
};

pub(crate) async fn measure(
    proxies: &Proxies,
    mint: &mut Mint,
    plan: Plan,
    table: &mut Table,
) -> io::Result<()> {
    let Pair { baseline, gateway } = proxies.start(mint)?;
    let tokens = mint.distinct(plan.streams);
    let baseline = figures(&baseline, &tokens).await?;
    let gateway = figures(&gateway, &tokens).await?;
    let mut idle = Row::new("memory, idle", "MiB").aim(Aim::Below(16.0));
    idle.add(baseline.idle_kib / 1024.0, gateway.idle_kib / 1024.0);
    table.add(idle);
    let mut stream = Row::new(&format!("memory of each of {} open streams", thousands(plan.streams)), "KiB");
    stream.add(baseline.stream_kib, gateway.stream_kib);
    table.add(stream.aim(Aim::AtMost(48.0)));
    Ok(())
}

struct Figures {
    idle_kib: f64,
    stream_kib: f64,
}

async fn figures(process: &Process, tokens: &Traffic) -> io::Result<Figures> {
    settle().await;
    let idle_kib = process.resident_kib()?;
    let mut text = Vec::new();
    let mut streams = Vec::new();
    for token in tokens.tokens.iter() {
        let mut stream = Connection::open(process.address).await?;
        load::request(&mut text, process.address, token, None);
        stream.write(&text).await?;
        let head = stream.head().await?.ok_or(io::ErrorKind::UnexpectedEof)?;
        if head.status() != Some(200) {
            return Err(io::Error::other(format!("a stream was answered {:?}", head.status())));
        }
        stream.wait_for(EVENT).await?;
        streams.push(stream);
    }
    settle().await;
    let count = u32::try_from(streams.len()).map_err(io::Error::other)?;
    Ok(Figures { idle_kib, stream_kib: (process.resident_kib()? - idle_kib) / f64::from(count) })
}

pub(super) async fn settle() {
    tokio::time::sleep(Duration::from_millis(300)).await;
}
