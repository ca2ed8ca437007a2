//! Keys that must be fetched, while somebody makes that expensive (group C).

use std::{
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Instant,
};

use test_support::{
    issuer::{TestIssuer, TestKey, TokenBuilder},
    upstream::{Answer, Recorded, RecordingUpstream},
};

use super::{
    gateway::{ANSWER, BODY, Gateway, PATIENCE, Setup, bearer, now, post},
    http2_wire::Http2,
};

/// An authorization server on loopback, and a gateway that trusts it.
struct Both {
    server: RecordingUpstream,
    issuer: TestIssuer,
    gateway: Gateway,
}

const RESOURCE: &str = "http://localhost:7777/mcp";

/// The key set is answered by `keys`, and every call by the upstream.
async fn start(keys: impl FnMut(&TestIssuer) -> Answer + Send + 'static) -> Both {
    start_before(keys, |_| Answer::json(ANSWER)).await
}

/// The same in front of an upstream with a script.
async fn start_before(
    mut keys: impl FnMut(&TestIssuer) -> Answer + Send + 'static,
    upstream: impl FnMut(&Recorded) -> Answer + Send + 'static,
) -> Both {
    let issuer = Arc::new(OnceLock::<TestIssuer>::new());
    let known = Arc::clone(&issuer);
    let server = RecordingUpstream::start(move |request| {
        let issuer = known.get().unwrap();
        match request.uri.path() {
            "/jwks" => keys(issuer),
            "/.well-known/oauth-authorization-server" => Answer::json(&issuer.metadata().to_string()),
            _ => Answer::status(404),
        }
    })
    .await;
    let url = format!("http://{}", server.address());
    let issuer = issuer.get_or_init(|| TestIssuer::new(&url)).clone();
    let gateway = Setup::default()
        .public_url("http://localhost:7777")
        .authorization_server(&format!("issuer = \"{url}\""))
        .sections("[outbound]\nallow_loopback = true\n[limits]\nrequests_per_subject = 1000\n")
        .start_before(upstream)
        .await;
    Both { server, issuer, gateway }
}

impl Both {
    fn token(&self) -> TokenBuilder {
        self.issuer.token().issued_at(now()).claim("aud", RESOURCE)
    }

    fn fetches(&self) -> usize {
        self.server.requests().iter().filter(|it: &&Recorded| it.uri.path() == "/jwks").count()
    }

    async fn status(&self, token: &str) -> u16 {
        self.gateway.ask(call(token)).await.status()
    }
}

fn call(token: &str) -> String {
    post("/mcp", &bearer(token), BODY).replace("Host: mcp.example", "Host: localhost:7777")
}

#[tokio::test]
async fn c01_a_flood_of_unknown_kids_costs_one_fetch_and_good_tokens_pass_meanwhile() {
    let both = start(|issuer| Answer::json(&issuer.jwks().to_string())).await;
    let good = both.token().sign();
    assert_eq!(both.status(&good).await, 200);
    assert_eq!(both.fetches(), 1);
    let stranger = TestKey::generate("ES256", "stranger");
    let mut wire = both.gateway.connect().await;
    for number in 0..500 {
        wire.send(call(&both.token().key(&stranger.named(&format!("kid-{number}"))).sign())).await;
        wire.answer().await.is_401_invalid();
        if number % 10 == 0 {
            assert_eq!(both.status(&good).await, 200);
        }
    }
    assert!(both.fetches() <= 2, "{} fetches", both.fetches());
}

#[tokio::test]
async fn c02_a_thousand_requests_at_a_cold_start_make_one_fetch() {
    let gates = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&gates);
    let both = start(move |issuer| {
        let (release, answer) = Answer::json(&issuer.jwks().to_string()).held();
        kept.lock().unwrap().push(release);
        answer
    })
    .await;
    let began = Instant::now();
    let token = format!("Bearer {}", both.token().sign());
    let fields = [
        (":method", "POST"),
        (":scheme", "http"),
        (":authority", "localhost:7777"),
        (":path", "/mcp"),
        ("authorization", token.as_str()),
    ];
    let mut wires = Vec::new();
    for _ in 0..10 {
        let mut wire = Http2::connect(both.gateway.address).await;
        for _ in 0..100 {
            wire.request(&fields, BODY).await;
        }
        wires.push(wire);
    }
    // Every request has arrived when a later one on its connection, which needs no key, was answered.
    for wire in &mut wires {
        let probe = [(":method", "GET"), (":scheme", "http"), (":authority", "x"), (":path", "/healthz")];
        assert_eq!(wire.ask(&probe, "").await, super::http2_wire::Outcome::Status(200));
    }
    for gate in gates.lock().unwrap().drain(..) {
        gate.send(()).ok();
    }
    for wire in &mut wires {
        assert_eq!(wire.statuses(100).await, vec![200; 100]);
    }
    // A fetch is given up after five seconds, which a busy machine may need for the thousand requests.
    let given_up = usize::try_from(began.elapsed().as_secs() / 5).unwrap();
    assert!(both.fetches() <= 1 + given_up, "{} fetches, {given_up} given up", both.fetches());
}

#[tokio::test]
async fn c03_a_new_key_is_found_by_its_first_token_and_the_old_one_stays_good() {
    let next = TestKey::generate("ES256", "key-2");
    let (mut rounds, published) = (0, next.clone());
    let both = start(move |issuer| {
        rounds += 1;
        let keys = [issuer.key().clone(), published.clone()];
        Answer::json(&issuer.with_keys(keys.into_iter().take(rounds)).jwks().to_string())
    })
    .await;
    assert_eq!(both.status(&both.token().sign()).await, 200);
    assert_eq!(both.status(&both.token().key(&next).sign()).await, 200);
    assert_eq!(both.status(&both.token().sign()).await, 200);
    assert_eq!(both.fetches(), 2);
}

#[tokio::test]
async fn e38_a_stream_ends_with_the_key_of_its_token() {
    let next = TestKey::generate("ES256", "key-2");
    let (mut rounds, published) = (0, next.clone());
    let (events, answer) = Answer::events();
    let mut answers = vec![answer];
    let both = start_before(
        move |issuer| {
            rounds += 1;
            let keys = if rounds == 1 { issuer.key().clone() } else { published.clone() };
            Answer::json(&issuer.with_keys([keys]).jwks().to_string())
        },
        move |_| answers.pop().unwrap_or_else(|| Answer::json(ANSWER)),
    )
    .await;
    let mut wire = both.gateway.connect().await;
    wire.send(call(&both.token().sign())).await;
    assert_eq!(wire.head().await.unwrap().status(), 200);
    // The first token of the new key makes the gateway see that the old one is gone.
    assert_eq!(both.status(&both.token().key(&next).sign()).await, 200);
    tokio::time::timeout(PATIENCE, events.closed()).await.expect("the stream ends upstream");
    assert_eq!(both.fetches(), 2);
}

#[tokio::test]
async fn c05_c06_a_server_without_keys_is_503_first_and_harms_nobody_later() {
    let up = Arc::new(AtomicBool::new(false));
    let is_up = Arc::clone(&up);
    let both = start(move |issuer| {
        if is_up.load(Relaxed) { Answer::json(&issuer.jwks().to_string()) } else { Answer::status(500) }
    })
    .await;
    let good = both.token().sign();
    assert_eq!(both.status(&good).await, 503);
    assert!(both.gateway.upstream.requests().is_empty());
    up.store(true, Relaxed);
    // Ready by itself, after the pause before its next try.
    while both.status(&good).await == 503 {}
    assert_eq!(both.status(&good).await, 200);
    up.store(false, Relaxed);
    let unknown = both.token().key(&TestKey::generate("ES256", "other")).sign();
    assert_eq!(both.status(&unknown).await, 401);
    assert_eq!(both.status(&good).await, 200);
}

#[tokio::test]
async fn c08_c09_c10_what_is_no_key_set_opens_no_door() {
    type Fault = fn(&TestIssuer) -> Answer;
    let faults: [Fault; 5] = [
        |_| Answer::json("{}"),
        |_| Answer::json("{\"keys\":[]}"),
        |_| Answer::json("<html>").header("content-type", "text/html"),
        |_| Answer::redirect(302, "http://127.0.0.1:9/jwks"),
        |issuer| Answer::json(&issuer.jwks().to_string()).with_body(vec![b' '; 10 * 1024 * 1024]),
    ];
    for fault in faults {
        let both = start(fault).await;
        assert_eq!(both.status(&both.token().sign()).await, 503);
        assert!(both.gateway.upstream.requests().is_empty());
    }
}
