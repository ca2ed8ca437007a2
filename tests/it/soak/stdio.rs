//! The same before servers over stdin and stdout: a process for each session, one for each person, and one for all.

use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Instant,
};

use futures_util::future::join_all;
use http::Method;
use serde_json::{Value, json};
use test_support::parts;

use super::{
    calls,
    message::{Era, Message, initialize},
    tally::{Counts, Kind, Outcome, Tally},
    wire::{Wire, text},
};
use crate::support::{Gateway, ISSUER, Issuer, Setup, unix_now};

#[tokio::test(flavor = "multi_thread")]
async fn e34_users_of_processes_with_the_same_ids_get_their_own_answers() {
    let calls = calls();
    let start = Instant::now();
    // A few calls want no hundred processes.
    let users = if calls < 10_000 { 10 } else { 50 };
    let tally = play(users, calls, &[]).await;
    let counts = tally.counts();
    println!("{}, over stdio", tally.line(start.elapsed().as_secs_f64()));
    assert_eq!(counts, Counts { calls, ..Counts::default() }, "{:#?}", tally.examples());
}

#[tokio::test(flavor = "multi_thread")]
async fn e34_the_soak_sees_what_a_process_confuses() {
    let tally = play(2, 120, &["--confuse"]).await;
    let counts = tally.counts();
    // The first call of each process has none before it, whose answer it could get.
    assert_eq!((counts.calls, counts.crossed), (120, 120), "{:#?}", tally.examples());
}

/// Lets so many users call, each in a session, in a process of their own, and in one that all share.
async fn play(users: usize, calls: u64, arguments: &[&str]) -> Tally {
    let issuer = Issuer::new(ISSUER);
    let mut command = parts::command("stdio-echo.py");
    command.args(arguments);
    let words: Vec<_> = std::iter::once(command.get_program()).chain(command.get_args()).collect();
    let words = json!(words.iter().map(|it| it.to_str().unwrap()).collect::<Vec<_>>()).to_string();
    let gateway = Setup::new().keys("keys", &issuer).start(|listen| configuration(listen, &words));
    let (tally, left) = (Tally::default(), AtomicU64::new(calls));
    let mut living = Vec::new();
    for user in 0..users {
        let (own, shared) = (gateway.url("/own"), gateway.url("/shared"));
        // One connection for each user, on which all of their calls meet.
        let wire = Wire::shared();
        for (url, era) in [(own.clone(), Era::Sessions), (own, Era::Stateless), (shared, Era::Stateless)] {
            let (name, token) = (format!("user-{user}-{era:?}-{url}"), token(&issuer, &url, user));
            let mut caller = Caller { name, url, token, era, session: None, wire: wire.clone() };
            // One process after the other: how many start at once is not what is asked here.
            if let Err(problem) = caller.arrive().await {
                panic!("{problem}\n{}", gateway.output());
            }
            living.push(caller);
        }
    }
    let lives = living.iter().map(|it| it.live(&left, &tally));
    join_all(lives).await;
    end(gateway);
    tally
}

/// Processes end with the gateway, in time.
fn end(mut gateway: Gateway) {
    gateway.signal("TERM");
    assert!(gateway.wait().success());
}

struct Caller {
    name: String,
    url: String,
    token: String,
    era: Era,
    session: Option<String>,
    wire: Wire,
}

impl Caller {
    /// Opens the session, or has the process started.
    async fn arrive(&mut self) -> Result<(), String> {
        let message = match self.era {
            Era::Sessions => initialize(),
            Era::Stateless => self.era.request(0, "tools/list", json!({})),
        };
        let answer = self.wire.send(Method::POST, &self.url, &self.token, message).await?;
        if answer.status() != 200 {
            return Err(format!("{}: {}", self.name, answer.status()));
        }
        let session = answer.headers().get("mcp-session-id");
        self.session = session.map(|it| it.to_str().unwrap().to_owned());
        text(answer.into_body()).await.map(drop)
    }

    async fn live(&self, left: &AtomicU64, tally: &Tally) {
        let mut nth = 0;
        while left.fetch_update(Relaxed, Relaxed, |it| it.checked_sub(TOGETHER)).is_ok() {
            nth += 1;
            // Everybody's ids are these.
            join_all((0..TOGETHER).map(|id| self.call(id, nth, tally))).await;
        }
    }

    async fn call(&self, id: u64, nth: u64, tally: &Tally) {
        let secret = format!("{}-{nth}-{id}", self.name);
        let kind = if id.is_multiple_of(2) { Kind::Counted } else { Kind::Said };
        // A token is one request's among those of its caller, and the same for all callers.
        let meta = if kind == Kind::Counted { json!({ "progressToken": id }) } else { json!({}) };
        let params = json!({ "name": "echo", "arguments": { "secret": secret }, "_meta": meta });
        let message = self.era.request(id, "tools/call", params);
        tally.count(kind, self.outcome(id, kind, message, &secret).await);
    }

    async fn outcome(&self, id: u64, kind: Kind, mut message: Message, secret: &str) -> Outcome {
        message.headers.extend(self.session.iter().map(|it| ("mcp-session-id", it.clone())));
        let answer = match self.wire.send(Method::POST, &self.url, &self.token, message).await {
            Ok(answer) => answer,
            Err(error) => return Outcome::Lost(error),
        };
        let status = answer.status();
        let said = match text(answer.into_body()).await {
            Ok(said) if status == 200 => said,
            Ok(said) => return Outcome::Refused(format!("{status}: {said}")),
            Err(error) => return Outcome::Lost(error),
        };
        judge(id, kind, &said, secret)
    }
}

/// Whether all that was said is about this secret.
fn judge(id: u64, kind: Kind, said: &str, secret: &str) -> Outcome {
    let lines = said.lines().map(|it| it.strip_prefix("data: ").unwrap_or(it));
    let messages: Vec<Value> = lines.filter_map(|it| serde_json::from_str(it).ok()).collect();
    let Some((answer, events)) = messages.split_last() else { return Outcome::Lost(said.to_owned()) };
    let is_own = answer["id"] == id
        && answer["result"]["content"][0]["text"] == secret
        && events.iter().all(|it| it["params"]["message"] == secret);
    if !is_own {
        return Outcome::Crossed(format!("{secret} got {said}"));
    }
    let expected = usize::from(kind == Kind::Counted);
    if events.len() == expected { Outcome::Own } else { Outcome::Lost(format!("{secret}: {said}")) }
}

fn token(issuer: &Issuer, url: &str, user: usize) -> String {
    let token = issuer.token(url).claim("sub", format!("user-{user}").as_str());
    token.claim("exp", unix_now() + 24 * 3600).sign()
}

fn configuration(listen: &str, command: &str) -> String {
    let port = listen.rsplit(':').next().unwrap();
    format!(
        r#"public_url = "http://localhost:{port}"
[listen]
address = "{listen}"
[[server]]
path = "/own"
upstream = {{ stdio = {command} }}
scopes = ["mcp"]
[server.stdio]
children = 200
[[server]]
path = "/shared"
upstream = {{ stdio = {command}, shared = true }}
scopes = ["mcp"]
[[authorization_server]]
issuer = "{ISSUER}"
keys = {{ file = "keys.json" }}
"#
    )
}

/// Calls that a caller has under way at a time.
const TOGETHER: u64 = 4;
