//! One kind of traffic for one side and at once for the other, round by round.

use std::io;

use super::Plan;
use crate::{
    load::{self, Sample, Traffic},
    process::Process,
    proxies::Pair,
    table::{Aim, Row, Table},
};

/// One kind of good traffic and its rows.
pub(super) struct Kind {
    per_second: Row,
    cpu: Row,
    p50: Row,
    p99: Row,
}

impl Kind {
    pub(super) fn new(name: &str, aim: Option<Aim>) -> Self {
        let row = |what: &str, unit| Row::new(&format!("{name}: {what}"), unit);
        let mut per_second = row("requests per second", "");
        if let Some(aim) = aim {
            per_second = per_second.aim(aim);
        }
        Self {
            per_second,
            cpu: row("CPU per request", "µs"),
            p50: row("p50", "µs"),
            p99: Row::new("p99", "µs"),
        }
    }

    pub(super) fn add(&mut self, Pair { baseline, gateway }: &Pair<Sample>) {
        self.per_second.add(baseline.answers.per_second(), gateway.answers.per_second());
        self.cpu.add(baseline.cpu_us, gateway.cpu_us);
        self.p50.add(baseline.answers.percentile(50), gateway.answers.percentile(50));
        self.p99.add(baseline.answers.percentile(99), gateway.answers.percentile(99));
    }

    pub(super) fn into_table(self, table: &mut Table) {
        for row in [self.per_second, self.cpu, self.p50.beside(self.p99)] {
            table.add(row);
        }
    }
}

/// All rounds of some kinds in turn, and their rows.
pub(super) async fn all<const N: usize>(
    processes: Pair<&Process>,
    mut kinds: [(Kind, Pair<Traffic>); N],
    plan: Plan,
    table: &mut Table,
) -> io::Result<()> {
    for round in 0..plan.rounds {
        for (kind, traffic) in &mut kinds {
            let traffic = Pair { baseline: &traffic.baseline, gateway: &traffic.gateway };
            kind.add(&both(processes, traffic, plan, round).await?);
        }
    }
    for (kind, _) in kinds {
        kind.into_table(table);
    }
    Ok(())
}

/// One after the other; every second round the other way round, so that neither gains from its place.
pub(super) async fn both(
    processes: Pair<&Process>,
    traffic: Pair<&Traffic>,
    plan: Plan,
    round: usize,
) -> io::Result<Pair<Sample>> {
    if round % 2 == 1 {
        let gateway = sample(processes.gateway, traffic.gateway, plan).await?;
        return Ok(Pair { baseline: sample(processes.baseline, traffic.baseline, plan).await?, gateway });
    }
    let baseline = sample(processes.baseline, traffic.baseline, plan).await?;
    Ok(Pair { baseline, gateway: sample(processes.gateway, traffic.gateway, plan).await? })
}

pub(super) async fn sample(process: &Process, traffic: &Traffic, plan: Plan) -> io::Result<Sample> {
    let before = process.cpu_us()?;
    let answers = load::run(process.address, plan.connections, traffic, plan.phase).await?;
    Sample::new(answers, process, before)
}
