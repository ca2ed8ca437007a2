//! Requests: each kind of traffic for one proxy and at once for the other, round by round.

use std::io;

use super::Plan;
use crate::{
    load::{self, Answers, Traffic},
    process::Process,
    proxies::{Pair, Proxies},
    table::{Aim, Row, Table},
    tokens::Mint,
};

/// One kind of good traffic and its rows.
struct Kind {
    per_second: Row,
    cpu: Row,
    p50: Row,
    p99: Row,
}

struct Sample {
    answers: Answers,
    /// Of the proxy, for each request.
    cpu_us: f64,
}

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
        Kind::new(&format!("{} tokens in turn", plan.distinct), None),
        Kind::new("a new token each time, ES256", None),
        Kind::new("a new token each time, RS256", None),
    ];
    let mut refusals: Vec<_> =
        refused.iter().map(|(name, _)| Row::new(&format!("refused, {name}: CPU a request"), "us")).collect();
    warm_up(&processes, &repeated, plan).await?;
    for round in 0..plan.rounds {
        let fresh_ecdsa = mint.new_es256(plan.new_es256);
        let fresh_rsa = mint.new_rs256(plan.new_rs256);
        let traffics = [&repeated, &distinct, &fresh_ecdsa, &fresh_rsa];
        let mut plain_us = f64::NAN;
        for (at, (kind, traffic)) in kinds.iter_mut().zip(traffics).enumerate() {
            let pair = both(&processes, traffic, plan, round % 2 == 1).await?;
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

impl Kind {
    fn new(name: &str, aim: Option<Aim>) -> Self {
        let row = |what: &str, unit| Row::new(&format!("{name}: {what}"), unit);
        let mut per_second = row("requests", "1/s");
        if let Some(aim) = aim {
            per_second = per_second.aim(aim);
        }
        Self { per_second, cpu: row("CPU a request", "us"), p50: row("p50", "us"), p99: row("p99", "us") }
    }

    fn add(&mut self, Pair { baseline, gateway }: &Pair<Sample>) {
        self.per_second.add(baseline.answers.per_second(), gateway.answers.per_second());
        self.cpu.add(baseline.cpu_us, gateway.cpu_us);
        self.p50.add(baseline.answers.percentile(50), gateway.answers.percentile(50));
        self.p99.add(baseline.answers.percentile(99), gateway.answers.percentile(99));
    }

    fn into_table(self, table: &mut Table) {
        for row in [self.per_second, self.cpu, self.p50, self.p99] {
            table.add(row);
        }
    }
}

async fn warm_up(processes: &Pair<Process>, traffic: &Traffic, plan: Plan) -> io::Result<()> {
    for process in [&processes.baseline, &processes.gateway] {
        load::run(process.address, plan.connections, traffic, plan.phase).await?;
    }
    Ok(())
}

/// One after the other; every second round the other way round, so that neither gains from its place.
async fn both(
    processes: &Pair<Process>,
    traffic: &Traffic,
    plan: Plan,
    gateway_first: bool,
) -> io::Result<Pair<Sample>> {
    if gateway_first {
        let gateway = sample(&processes.gateway, traffic, plan).await?;
        return Ok(Pair { baseline: sample(&processes.baseline, traffic, plan).await?, gateway });
    }
    let baseline = sample(&processes.baseline, traffic, plan).await?;
    Ok(Pair { baseline, gateway: sample(&processes.gateway, traffic, plan).await? })
}

async fn sample(process: &Process, traffic: &Traffic, plan: Plan) -> io::Result<Sample> {
    let before = process.cpu_us()?;
    let answers = load::run(process.address, plan.connections, traffic, plan.phase).await?;
    let count = u32::try_from(answers.count()).map_err(io::Error::other)?;
    Ok(Sample { cpu_us: (process.cpu_us()? - before) / f64::from(count), answers })
}
