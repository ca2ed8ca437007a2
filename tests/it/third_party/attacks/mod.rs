//! Attacks on the authorization server over real sockets: what only a whole process can show.
//!
//! Each test carries the id of its row in the threat model; each refusal stands beside a request that differs in one
//! point and passes.

mod chaining;
mod codes;
mod dpop;
mod links;
mod refresh;
mod registration;
mod secrets;
pub(super) mod streams;

use std::{sync::Arc, time::Duration};

use test_support::upstream::{Answer, Recorded, RecordingUpstream};
use tokio::{sync::Semaphore, task::JoinSet};

use super::{
    client::{Client, Tokens},
    stage::{LOCAL, alice, gateway},
};
use crate::support::{Gateway, call, tool_call};

/// A gateway with built-in accounts, a client of it, and alice's tokens.
struct Connected {
    gateway: Gateway,
    client: Client,
    tokens: Tokens,
    _upstream: RecordingUpstream,
}

impl Connected {
    /// With further lines of `[third_party]`.
    async fn with(further: &str) -> Self {
        let upstream = echo().await;
        let gateway = gateway(&upstream.uri("/mcp").to_string(), LOCAL, further);
        let client = Client::register(&gateway).await;
        let tokens = client.connect(&alice()).await;
        Self { gateway, client, tokens, _upstream: upstream }
    }

    /// What a call with this access token comes to.
    async fn status(&self, access: &str) -> u16 {
        call(tool_call(&self.gateway.url("/mcp"), Some(access))).await.status.as_u16()
    }
}

pub(super) async fn echo() -> RecordingUpstream {
    RecordingUpstream::start(|_: &Recorded| Answer::json(r#"{"jsonrpc":"2.0","id":1,"result":{}}"#)).await
}

/// Makes `count` requests, as many at once as a process may have sockets for, and gives the answers.
pub(super) async fn at_once<F, A>(count: usize, mut request: impl FnMut(usize) -> F) -> Vec<A>
where
    F: Future<Output = A> + Send + 'static,
    A: Send + 'static,
{
    let sockets = Arc::new(Semaphore::new(AT_ONCE));
    let mut tasks = JoinSet::new();
    for number in 0..count {
        let (sockets, request) = (Arc::clone(&sockets), request(number));
        tasks.spawn(async move {
            let _socket = sockets.acquire().await.unwrap();
            request.await
        });
    }
    tasks.join_all().await
}

/// Waits until `done`, which must come soon.
pub(super) async fn until(what: &str, mut done: impl AsyncFnMut() -> bool) {
    let wait = async {
        while !done().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), wait).await.unwrap_or_else(|_| panic!("never: {what}"));
}

const AT_ONCE: usize = 200;
pub(super) const INVALID_GRANT: &str = "invalid_grant";
