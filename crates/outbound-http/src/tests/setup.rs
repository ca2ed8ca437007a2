//! Clients for tests: a scripted resolver, and 127.0.0.1 in the part of a public host.

use std::{
    collections::VecDeque, error::Error, io, iter::successors, net::IpAddr, sync::Arc, sync::Mutex,
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use rustls::RootCertStore;

use super::server::LOCAL;
use crate::{
    ClientSetupError, FetchError, GuardedClient, HttpClient, Limits, OutboundPolicy, address::is_public,
    guard::Guard, resolve::Lookup,
};

/// Limits that a local server keeps easily and a silent one breaks soon.
pub(super) const SHORT: Limits = Limits { max_body: 1024, timeout: Duration::from_millis(200) };

/// Limits that only a defect breaks.
pub(super) const AMPLE: Limits = Limits { max_body: 1024, timeout: Duration::from_secs(60) };

/// Answers every name with the next of its scripted answers; the last one stays.
#[derive(Debug)]
pub(super) struct ScriptedLookup(Mutex<Script>);

#[derive(Debug)]
struct Script {
    answers: VecDeque<Vec<IpAddr>>,
    asked: usize,
}

impl ScriptedLookup {
    pub(super) fn new(answers: &[&[&str]]) -> Arc<Self> {
        let parse = |answer: &&[&str]| answer.iter().map(|it| it.parse().unwrap()).collect();
        Arc::new(Self(Mutex::new(Script { answers: answers.iter().map(parse).collect(), asked: 0 })))
    }

    /// Every name is this machine.
    pub(super) fn local() -> Arc<Self> {
        Self::new(&[&["127.0.0.1"]])
    }

    pub(super) fn asked(&self) -> usize {
        self.0.lock().unwrap().asked
    }
}

#[async_trait]
impl Lookup for ScriptedLookup {
    async fn addresses(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        let mut script = self.0.lock().unwrap();
        script.asked += 1;
        if script.answers.len() > 1 {
            return Ok(script.answers.pop_front().unwrap());
        }
        script.answers.front().cloned().ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

/// The real rules, apart from 127.0.0.1, which plays a public host.
pub(super) const STAGE: Guard =
    Guard { allow_loopback: false, networks: Vec::new(), is_public: |it| it == LOCAL || is_public(it) };

/// The real rules.
pub(super) fn strict() -> Guard {
    Guard::new(false, Vec::new())
}

/// The real rules for development.
pub(super) fn development() -> Guard {
    Guard::new(true, Vec::new())
}

pub(super) fn client(guard: Guard, lookup: &Arc<ScriptedLookup>, roots: RootCertStore) -> GuardedClient {
    let lookup: Arc<dyn Lookup> = Arc::<ScriptedLookup>::clone(lookup);
    GuardedClient::assemble(guard, lookup, roots, 32).unwrap()
}

/// Reaches plain `http` servers on 127.0.0.1 and `localhost`.
pub(super) fn local_client() -> GuardedClient {
    client(development(), &ScriptedLookup::local(), RootCertStore::empty())
}

pub(super) async fn get(
    client: &GuardedClient,
    url: &str,
    limits: Limits,
) -> Result<Response<Bytes>, FetchError> {
    // A spelling that does not even become a request is refused as well.
    let request = Request::get(url).body(Bytes::new()).map_err(|_| FetchError::InvalidUrl)?;
    client.send(request, limits).await
}

/// The answer's status and body, or the name of the error's variant.
pub(super) fn outcome(result: Result<Response<Bytes>, FetchError>) -> String {
    match result {
        Ok(answer) => format!("{} {}", answer.status().as_u16(), String::from_utf8_lossy(answer.body())),
        Err(error) => variant(&error).to_owned(),
    }
}

/// The error with everything it carries, as an operator's log would show it.
pub(super) fn whole_text(error: &FetchError) -> String {
    let chain = successors(Some(error as &dyn Error), |error| (*error).source());
    chain.map(|error| format!("{error:?} {error}")).collect::<Vec<_>>().join(": ")
}

#[test]
fn h24_a_client_without_slots_cannot_be_built() {
    let policy = OutboundPolicy { max_concurrent: 0, ..OutboundPolicy::default() };
    assert!(matches!(GuardedClient::new(policy), Err(ClientSetupError::NoSlots)));
    let policy = OutboundPolicy { max_concurrent: 1, ..OutboundPolicy::default() };
    assert!(GuardedClient::new(policy).is_ok());
    let policy = OutboundPolicy { max_concurrent: usize::MAX, ..OutboundPolicy::default() };
    assert!(GuardedClient::new(policy).is_ok());
}

fn variant(error: &FetchError) -> &'static str {
    match error {
        FetchError::InvalidUrl => "InvalidUrl",
        FetchError::NotHttps => "NotHttps",
        FetchError::ForbiddenAddress => "ForbiddenAddress",
        FetchError::Unresolved => "Unresolved",
        FetchError::Timeout(_) => "Timeout",
        FetchError::TooLarge(_) => "TooLarge",
        FetchError::Encoded => "Encoded",
        FetchError::Connection(_) => "Connection",
    }
}
