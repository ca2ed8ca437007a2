//! Requests: each kind of traffic for the plain proxy and for the gateway.

use std::io;

use super::{
    Plan, many_tokens,
    rounds::{Kind, both, sample},
};
use crate::{
    load::{self, Traffic},
    process::Process,
    proxies::{Pair, Proxies},
    table::{Aim, Row, Table},
    tokens::Mint,
};

pub(crate) async fn measure(
    proxies: &Proxies,
    mint: &mut Mint,
    plan: Plan,
    table: &mut Table,
) -> io::Result<()> {
    let processes = proxies.start(mint)?;
    let (repeated, distinct) = (mint.repeated(), mint.distinct(plan.distinct));
    let refused = mint.refused();
    let mut kinds = [
        Kind::new("one token", Some(Aim::RatioAtLeast(0.95))),
        Kind::new(&many_tokens(plan), None),
        Kind::new("a new ES256 token each time", None),
        Kind::new("a new RS256 token each time", None),
    ];
    let mut refusals: Vec<_> = refused
        .iter()
        .map(|(name, _)| Row::new(&format!("refused, {name}: CPU per request"), "µs"))
        .collect();
    warm_up(&processes, &repeated, plan).await?;
    for round in 0..plan.rounds {
        let fresh_ecdsa = mint.new_es256(plan.new_es256);
        let fresh_rsa = mint.new_rs256(plan.new_rs256);
        let traffics = [&repeated, &distinct, &fresh_ecdsa, &fresh_rsa];
        let mut plain_us = f64::NAN;
        for (at, (kind, traffic)) in kinds.iter_mut().zip(traffics).enumerate() {
            let traffic = Pair { baseline: traffic, gateway: traffic };
            let pair = both(pair_of(&processes), traffic, plan, round).await?;
            if at == 0 {
                plain_us = pair.baseline.cpu_us;
            }
            kind.add(&pair);
        }
        for (row, (_, traffic)) in refusals.iter_mut().zip(&refused) {
            let sample = sample(&processes.gateway, traffic, plan).await?;
            row.add(plain_us, sample.cpu_us);
        }
    }
    for kind in kinds {
        kind.into_table(table);
    }
    for row in refusals {
        table.add(row);
    }
    Ok(())
}

const fn pair_of(processes: &Pair<Process>) -> Pair<&Process> {
    Pair { baseline: &processes.baseline, gateway: &processes.gateway }
}

async fn warm_up(processes: &Pair<Process>, traffic: &Traffic, plan: Plan) -> io::Result<()> {
    for process in [&processes.baseline, &processes.gateway] {
        load::run(process.address, plan.connections, traffic, plan.phase).await?;
    }
    Ok(())
}
