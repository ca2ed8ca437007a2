//! Option B: sign-ins, and its tokens beside the same tokens with Option A.

use std::io;

use super::{
    Plan, many_tokens,
    rounds::{Kind, all, sample},
};
use crate::{
    load::Traffic,
    options::Options,
    process::Process,
    proxies::Pair,
    sign_in::{Scene, Way},
    table::{Aim, Row, Sheet, Table},
    tokens::{Mint, good},
};

/// Flows per second: a number of persons at the same time, one way.
struct Flows {
    way: Way,
    at_once: usize,
    name: String,
    per_second: Row,
    cpu: Row,
    p50: Row,
    p99: Row,
}

pub(super) async fn sign_ins(scene: &Scene, plan: Plan) -> io::Result<Sheet> {
    let ways = [(Way::ThirdParty, "sign-in by a third party"), (Way::SignedIn, "approval while signed in")];
    let mut all: Vec<_> =
        ways.into_iter().flat_map(|(way, name)| [1, 8].map(|it| Flows::new(way, name, it))).collect();
    for _ in 0..plan.rounds {
        for flows in &mut all {
            flows.add(scene, plan).await?;
        }
    }
    let mut sheet = Sheet::new(&["measure", "flows per second", "CPU of a flow", "p50", "p99"]);
    for Flows { name, per_second, cpu, p50, p99, .. } in all {
        sheet.add([name].into_iter().chain([per_second, cpu, p50, p99].map(|it| it.alone())).collect());
    }
    Ok(sheet)
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
    let kinds = [
        (Kind::new("one token", aim), Pair { baseline: one(&others), gateway: one(&own) }),
        (
            Kind::new(&many_tokens(plan), aim),
            Pair { baseline: good(others, false), gateway: good(own, false) },
        ),
    ];
    for (_, traffic) in &kinds {
        warm_up(processes, traffic, plan).await?;
    }
    all(processes, kinds, plan, table).await
}

async fn warm_up(processes: Pair<&Process>, traffic: &Pair<Traffic>, plan: Plan) -> io::Result<()> {
    sample(processes.baseline, &traffic.baseline, plan).await?;
    sample(processes.gateway, &traffic.gateway, plan).await?;
    Ok(())
}

impl Flows {
    fn new(way: Way, name: &str, at_once: usize) -> Self {
        let name = format!("{name}, {at_once} at a time");
        let [per_second, cpu, p50, p99] = ["", "ms", "ms", "ms"].map(|unit| Row::new("", unit));
        Self { way, at_once, name, per_second, cpu, p50, p99 }
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
}
