//! Option B: sign-ins, and its tokens beside the same tokens with Option A.

use std::io;

use super::{
    Plan,
    rounds::{Kind, both, sample},
};
use crate::{
    load::Traffic,
    options::Options,
    process::Process,
    proxies::Pair,
    sign_in::{Scene, Way},
    table::{Aim, Row, Table},
    tokens::{Mint, good},
};

/// Flows per second: a number of persons at the same time, one way.
struct Flows {
    way: Way,
    at_once: usize,
    per_second: Row,
    cpu: Row,
    p50: Row,
    p99: Row,
}

pub(super) async fn sign_ins(scene: &Scene, plan: Plan, table: &mut Table) -> io::Result<()> {
    let ways = [(Way::ThirdParty, "sign-in by a third party"), (Way::SignedIn, "approval while signed in")];
    let mut all: Vec<_> =
        ways.into_iter().flat_map(|(way, name)| [1, 8].map(|it| Flows::new(way, name, it))).collect();
    for _ in 0..plan.rounds {
        for flows in &mut all {
            flows.add(scene, plan).await?;
        }
    }
    for flows in all {
        flows.into_table(table);
    }
    Ok(())
}

/// What it costs to ask whether the grant of a token lives.
pub(super) async fn liveness(
    options: &Options,
    scene: &Scene,
    mint: &mut Mint,
    plan: Plan,
    table: &mut Table,
) -> io::Result<()> {
    let option_a = options.option_a(mint)?;
    let own = scene.tokens(plan.distinct).await?;
    let others = mint.like(&own)?;
    let processes = Pair { baseline: &option_a, gateway: &scene.gateway };
    let one = |tokens: &[String]| good(tokens.iter().take(1).cloned().collect(), false);
    let aim = Some(Aim::RatioAtLeast(0.97));
    let mut kinds = [
        (Kind::new("one token", aim), Pair { baseline: one(&others), gateway: one(&own) }),
        (
            Kind::new(&format!("{} tokens in turn", plan.distinct), aim),
            Pair { baseline: good(others, false), gateway: good(own, false) },
        ),
    ];
    for (_, traffic) in &kinds {
        warm_up(processes, traffic, plan).await?;
    }
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

async fn warm_up(processes: Pair<&Process>, traffic: &Pair<Traffic>, plan: Plan) -> io::Result<()> {
    sample(processes.baseline, &traffic.baseline, plan).await?;
    sample(processes.gateway, &traffic.gateway, plan).await?;
    Ok(())
}

impl Flows {
    fn new(way: Way, name: &str, at_once: usize) -> Self {
        let row = |what: &str, unit| Row::new(&format!("{name}, {at_once} at a time: {what}"), unit);
        let (per_second, cpu) = (row("flows", "1/s"), row("CPU a flow", "ms"));
        Self { way, at_once, per_second, cpu, p50: row("p50", "ms"), p99: row("p99", "ms") }
    }

    /// One round, which nothing is beside.
    async fn add(&mut self, scene: &Scene, plan: Plan) -> io::Result<()> {
        let sample = scene.run(self.way, self.at_once, plan.phase).await?;
        self.per_second.add(f64::NAN, sample.answers.per_second());
        self.cpu.add(f64::NAN, sample.cpu_us / 1_000.0);
        self.p50.add(f64::NAN, sample.answers.percentile(50) / 1_000.0);
        self.p99.add(f64::NAN, sample.answers.percentile(99) / 1_000.0);
        Ok(())
    }

    fn into_table(self, table: &mut Table) {
        for row in [self.per_second, self.cpu, self.p50, self.p99] {
            table.add(row);
        }
    }
}
