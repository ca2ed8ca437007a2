//! How long it takes to come up, and how large the programs are.

use std::io;

use super::Plan;
use crate::{
    proxies::Proxies,
    table::{Aim, Row, Table},
    tokens::Mint,
};

pub(crate) fn measure(proxies: &Proxies, mint: &mut Mint, plan: Plan, table: &mut Table) -> io::Result<()> {
    let mut start = Row::new("start to first answer", "ms").aim(Aim::Below(50.0));
    for _ in 0..plan.starts {
        let started = proxies.start(mint)?;
        let ms = |it: std::time::Duration| it.as_secs_f64() * 1_000.0;
        start.add(ms(started.baseline.start), ms(started.gateway.start));
    }
    table.add(start);
    let mut size = Row::new("size of the program", "MiB");
    let bytes = u32::try_from(proxies.size()?).map_err(io::Error::other)?;
    size.add(f64::NAN, f64::from(bytes) / 1024.0 / 1024.0);
    table.add(size);
    Ok(())
}
