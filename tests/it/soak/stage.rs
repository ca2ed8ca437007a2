//! One gateway, its upstreams and everybody who calls.

use std::{
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};

use serde_json::json;
use test_support::parts;
use tokio::sync::{Barrier, Semaphore};

use super::{
    behind::Behind,
    caller::Caller,
    judge::Judge,
    message::Era,
    tally::Tally,
    upstream::{Fault, Upstream},
    wire::Wire,
};
use crate::support::{Gateway, Issuer, Setup, get, unix_now};

/// A gateway before its upstreams.
pub(super) struct Stage {
    gateway: Gateway,
    issuer: Issuer,
    upstream: Upstream,
    assertions: Arc<Judge>,
    /// Where calls go.
    behind: Vec<Behind>,
}

impl Stage {
    pub(super) async fn set(fault: Option<Fault>) -> Self {
        let upstream = Upstream::start(fault).await;
        let issuer = Issuer::new(ISSUER);
        let gateway = Setup::new()
            .keys("keys", &issuer)
            .start(|listen| configuration(listen, upstream.url(), &programs(fault)));
        let keys = get(&gateway.url("/.well-known/mcp-gateway/assertion-keys")).await;
        let assertions = Arc::new(Judge::of_assertions(&keys.body));
        let behind = fault.map_or(Behind::ALL.to_vec(), |it| vec![it.at()]);
        Self { gateway, issuer, upstream, assertions, behind }
    }

    /// Lets everybody call until there were `calls` of them, and tells every now and then how far they are.
    pub(super) async fn play(&mut self, calls: u64) -> Arc<Tally> {
        let tally = Arc::new(Tally::default());
        let progress = tokio::spawn(tell_progress(Arc::clone(&tally), calls));
        let left = Behind::ALL.map(|it| Arc::new(AtomicU64::new(self.share(it, calls))));
        let callers = self.callers(&tally);
        let (door, everybody) =
            (Arc::new(Semaphore::new(AT_THE_DOOR)), Arc::new(Barrier::new(callers.len())));
        let living = callers.into_iter().map(|it| {
            let left = Arc::clone(&left[it.behind as usize]);
            tokio::spawn(it.live(Arc::clone(&door), Arc::clone(&everybody), left))
        });
        let living: Vec<_> = living.collect();
        for caller in living {
            caller.await.unwrap();
        }
        progress.abort();
        tally
    }

    /// How many of `calls` go there: half of them over HTTP.
    pub(super) fn share(&self, behind: Behind, calls: u64) -> u64 {
        match behind {
            it if self.behind == [it] => calls,
            Behind::Http => calls - 2 * (calls / 4),
            Behind::OwnProgram | Behind::SharedProgram => calls / 4,
        }
    }

    /// How often the upstream over HTTP did something wrong.
    pub(super) fn faults(&self) -> u64 {
        self.upstream.faults()
    }

    /// Each user calls at each upstream, in each era that it has, on connections of their own and on one that is
    /// shared with others.
    fn callers(&self, tally: &Arc<Tally>) -> Vec<Caller> {
        let shared: Vec<Wire> = (0..SHARED_CONNECTIONS).map(|_| Wire::shared()).collect();
        let judge = |behind| match behind {
            Behind::Http => Arc::clone(&self.assertions),
            Behind::OwnProgram => Arc::new(Judge::Owners),
            Behind::SharedProgram => Arc::new(Judge::Secrets),
        };
        let mut callers = Vec::new();
        for number in 0..USERS {
            let user = format!("user-{number}");
            let together = &shared[number % SHARED_CONNECTIONS];
            let callers_of_user = CALLERS.into_iter().enumerate();
            for (at, (behind, era, shares)) in callers_of_user.filter(|(_, it)| self.behind.contains(&it.0)) {
                let url = self.gateway.url(behind.path());
                let token = self.issuer.token(&url).claim("sub", user.as_str());
                callers.push(Caller {
                    user: user.clone(),
                    number: at,
                    pace: (3 * at + number) as u64,
                    behind,
                    token: token.claim("exp", unix_now() + 24 * 3600).sign(),
                    url,
                    era,
                    wire: if shares { together.clone() } else { Wire::own() },
                    judge: judge(behind),
                    tally: Arc::clone(tally),
                });
            }
        }
        callers
    }
}

async fn tell_progress(tally: Arc<Tally>, calls: u64) {
    let mut ticks = tokio::time::interval(Duration::from_secs(10));
    ticks.tick().await;
    for tick in 1_u64.. {
        ticks.tick().await;
        println!("{}", tally.progress(calls, tick * 10));
    }
}

/// The sections of the servers that are programs.
fn programs(fault: Option<Fault>) -> String {
    let command = parts::command("stdio-soak.py");
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let mut words: Vec<_> = words.map(|it| it.to_str().unwrap()).collect();
    // Nothing of its library is needed that it does not start with.
    words.insert(1, "-IS");
    words.extend(fault.and_then(Fault::of_program));
    let command = json!(words);
    // A program for all is what the harness must tell from one for each.
    let for_all = if fault == Some(Fault::ProcessOfAnother) { ", shared = true" } else { "" };
    format!(
        r#"[[server]]
path = "/own"
upstream = {{ stdio = {command}{for_all} }}
scopes = ["mcp"]
[server.stdio]
children = 400
start = "2m"
[[server]]
path = "/shared"
upstream = {{ stdio = {command}, shared = true }}
scopes = ["mcp"]
"#
    )
}

/// With more patience than usual, since the machine may be busy with other things for longer than clients ever are.
fn configuration(listen: &str, upstream: &str, programs: &str) -> String {
    let port = listen.rsplit(':').next().unwrap();
    format!(
        r#"public_url = "http://localhost:{port}"
[listen]
address = "{listen}"
[limits]
header_read = "5m"
write_stall = "5m"
[outbound]
allow_loopback = true
[[server]]
path = "/mcp"
upstream = {{ http = "{upstream}" }}
scopes = ["mcp"]
identity = {{ jwt = {{ audience = "https://soak.example" }} }}
{programs}
[[authorization_server]]
issuer = "{ISSUER}"
keys = {{ file = "keys.json" }}
"#
    )
}

const ISSUER: &str = "https://as.example";
const USERS: usize = 50;
const SHARED_CONNECTIONS: usize = 10;
/// How many connect at once: each may have a process started.
const AT_THE_DOOR: usize = 16;
/// The callers that each user is: where, in which era, and whether on a connection that others use too.
const CALLERS: [(Behind, Era, bool); 9] = [
    (Behind::Http, Era::Sessions, false),
    (Behind::Http, Era::Sessions, true),
    (Behind::Http, Era::Stateless, false),
    (Behind::Http, Era::Stateless, true),
    (Behind::OwnProgram, Era::Sessions, true),
    (Behind::OwnProgram, Era::Stateless, false),
    (Behind::OwnProgram, Era::Stateless, true),
    (Behind::SharedProgram, Era::Stateless, false),
    (Behind::SharedProgram, Era::Stateless, true),
];
