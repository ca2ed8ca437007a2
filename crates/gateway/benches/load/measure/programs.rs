//! Servers over stdin and stdout: one program through the gateway and by itself, and many of them.

use std::io;

use super::{Plan, memory::settle};
use crate::{
    configuration,
    connection::Connection,
    load::{self, Call, Sample, Traffic},
    process::Process,
    program::Direct,
    proxies::Proxies,
    session,
    table::{Row, Table, thousands},
    tokens::Mint,
};

pub(crate) async fn measure(
    proxies: &Proxies,
    mint: &mut Mint,
    plan: Plan,
    table: &mut Table,
) -> io::Result<()> {
    calls(proxies, mint, plan, table).await?;
    sessions(proxies, mint, plan, table).await
}

/// Calls in one session, one after the other and many at once.
async fn calls(proxies: &Proxies, mint: &mut Mint, plan: Plan, table: &mut Table) -> io::Result<()> {
    let mut direct = Direct::start(&proxies.places, &proxies.this_program)?;
    let gateway = start(proxies, mint)?;
    let traffic = in_session(&gateway, &mint.repeated()).await?;
    let mut all = [1, plan.connections].map(Calls::new);
    for calls in &all {
        direct.run(calls.at_once, plan.phase).await?;
        load::run(gateway.address, calls.at_once, &traffic, plan.phase).await?;
    }
    for round in 0..plan.rounds {
        for calls in &mut all {
            let by_itself =
                if round % 2 == 0 { Some(direct.run(calls.at_once, plan.phase).await?) } else { None };
            let before = gateway.cpu_us()?;
            let answers = load::run(gateway.address, calls.at_once, &traffic, plan.phase).await?;
            let through = Sample::new(answers, &gateway, before)?;
            let by_itself = match by_itself {
                Some(answers) => answers,
                None => direct.run(calls.at_once, plan.phase).await?,
            };
            calls.add(&by_itself, &through);
        }
    }
    for calls in all {
        calls.into_table(table);
    }
    Ok(())
}

/// What each of many sessions takes of the gateway's memory.
async fn sessions(proxies: &Proxies, mint: &mut Mint, plan: Plan, table: &mut Table) -> io::Result<()> {
    let gateway = start(proxies, mint)?;
    let tokens = mint.distinct(plan.streams);
    let mut connection = Connection::open(gateway.address).await?;
    settle().await;
    let idle_kib = gateway.resident_kib()?;
    for token in tokens.tokens.iter() {
        session::open(&mut connection, gateway.address, token).await?;
    }
    settle().await;
    let count = u32::try_from(plan.streams).map_err(io::Error::other)?;
    let mut each =
        Row::new(&format!("memory of each of {} sessions, in the gateway", thousands(plan.streams)), "KiB");
    each.add(f64::NAN, (gateway.resident_kib()? - idle_kib) / f64::from(count));
    table.add(each);
    Ok(())
}

/// A gateway that starts this program as the server.
fn start(proxies: &Proxies, mint: &mut Mint) -> io::Result<Process> {
    let program = proxies.this_program.display().to_string();
    proxies.gateway_of("program.toml", mint, |listen, _| configuration::with_program(listen, &program))
}

async fn in_session(gateway: &Process, traffic: &Traffic) -> io::Result<Traffic> {
    let token = traffic.tokens.first().map(String::as_str).unwrap_or_default();
    let id = session::open(&mut Connection::open(gateway.address).await?, gateway.address, token).await?;
    Ok(traffic.with(&Call::default().in_session(&id)))
}

/// So many calls at once, and their rows.
struct Calls {
    at_once: usize,
    per_second: Row,
    cpu: Row,
    p50: Row,
    p99: Row,
    added: Row,
}

impl Calls {
    fn new(at_once: usize) -> Self {
        let row = |what: &str, unit| Row::new(&format!("{at_once} at once: {what}"), unit);
        let (per_second, cpu) = (row("calls per second", ""), row("CPU per call, of the gateway", "µs"));
        let (p50, p99) = (row("p50", "µs"), Row::new("p99", "µs"));
        Self { at_once, per_second, cpu, p50, p99, added: row("added to p50", "µs") }
    }

    fn add(&mut self, direct: &load::Answers, gateway: &Sample) {
        let answers = &gateway.answers;
        self.per_second.add(direct.per_second(), answers.per_second());
        self.cpu.add(f64::NAN, gateway.cpu_us);
        self.p50.add(direct.percentile(50), answers.percentile(50));
        self.p99.add(direct.percentile(99), answers.percentile(99));
        self.added.add(f64::NAN, answers.percentile(50) - direct.percentile(50));
    }

    fn into_table(self, table: &mut Table) {
        for row in [self.per_second, self.cpu, self.p50.beside(self.p99), self.added] {
            table.add(row);
        }
    }
}
