//! One gateway, an upstream and everybody who calls.

use std::sync::{Arc, atomic::AtomicU64};

use super::{
    caller::Caller,
    judge::Judge,
    message::Era,
    tally::Tally,
    upstream::{Fault, Upstream},
    wire::Wire,
};
use crate::support::{Gateway, Issuer, Setup, get, unix_now};

/// A gateway before an upstream.
pub(super) struct Stage {
    gateway: Gateway,
    issuer: Issuer,
    upstream: Upstream,
    judge: Arc<Judge>,
}

impl Stage {
    pub(super) async fn set(fault: Option<Fault>) -> Self {
        let upstream = Upstream::start(fault).await;
        let issuer = Issuer::new(ISSUER);
        let gateway =
            Setup::new().keys("keys", &issuer).start(|listen| configuration(listen, upstream.url()));
        let keys = get(&gateway.url("/.well-known/mcp-gateway/assertion-keys")).await;
        let judge = Arc::new(Judge::new(&keys.body));
        Self { gateway, issuer, upstream, judge }
    }

    /// Lets everybody call until there were `calls` of them.
    pub(super) async fn play(&mut self, calls: u64) -> Arc<Tally> {
        let tally = Arc::new(Tally::default());
        let left = Arc::new(AtomicU64::new(calls));
        let callers = self.callers(&tally);
        let living: Vec<_> = callers.into_iter().map(|it| tokio::spawn(it.live(Arc::clone(&left)))).collect();
        for caller in living {
            caller.await.unwrap();
        }
        tally
    }

    /// How often the upstream did something wrong.
    pub(super) fn faults(&self) -> u64 {
        self.upstream.faults()
    }

    /// Each user calls in both eras, on connections of their own and on one that is shared with others.
    fn callers(&self, tally: &Arc<Tally>) -> Vec<Caller> {
        let shared: Vec<Wire> = (0..SHARED_CONNECTIONS).map(|_| Wire::shared()).collect();
        let url = self.gateway.url("/mcp");
        let mut callers = Vec::new();
        for number in 0..USERS {
            let user = format!("user-{number}");
            let token = self.issuer.token(&url).claim("sub", user.as_str());
            let token = token.claim("exp", unix_now() + 24 * 3600).sign();
            let together = &shared[number % SHARED_CONNECTIONS];
            for era in [Era::Sessions, Era::Stateless] {
                for wire in [Wire::own(), together.clone()] {
                    callers.push(Caller {
                        user: user.clone(),
                        number: callers.len() % 4,
                        token: token.clone(),
                        url: url.clone(),
                        era,
                        wire,
                        judge: Arc::clone(&self.judge),
                        tally: Arc::clone(tally),
                    });
                }
            }
        }
        callers
    }
}

fn configuration(listen: &str, upstream: &str) -> String {
    let port = listen.rsplit(':').next().unwrap();
    format!(
        r#"public_url = "http://localhost:{port}"
[listen]
address = "{listen}"
[outbound]
allow_loopback = true
[[server]]
path = "/mcp"
upstream = {{ http = "{upstream}" }}
scopes = ["mcp"]
identity = {{ jwt = {{ audience = "https://soak.example" }} }}
[[authorization_server]]
issuer = "{ISSUER}"
keys = {{ file = "keys.json" }}
"#
    )
}

const ISSUER: &str = "https://as.example";
const USERS: usize = 50;
const SHARED_CONNECTIONS: usize = 10;
