//! Fifty grants of fifty people at a third party whose tokens last for seconds, in whatever mood it is.
//!
//! Each client calls and refreshes all the time. Nobody may be sent to sign in again: no call is refused, and no refresh is
//! answered `invalid_grant`. `cargo xtask moods` does the same for two minutes each.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::{StreamExt, stream};
use serde_json::Value;
use test_support::upstream::{Answer, Recorded, RecordingUpstream};

use super::{
    client::{Client, TokenAnswer, Tokens},
    stage::{configuration, corp, corp_person, setup},
};
use crate::support::{Gateway, Part, call, get, tool_call};

const PEOPLE: usize = 50;
/// How long the third party's access tokens are good, in seconds.
const LIFE: &str = "3";

struct Moody {
    third_party: Part,
    gateway: Gateway,
    client: Client,
    _upstream: RecordingUpstream,
}

/// What a client went through.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Lived {
    pub(super) calls: u32,
    pub(super) refreshes: u32,
    pub(super) unavailable: u32,
}

impl Moody {
    async fn start() -> Self {
        let upstream =
            RecordingUpstream::start(|_: &Recorded| Answer::json(r#"{"jsonrpc":"2.0","id":1,"result":{}}"#));
        let upstream = upstream.await;
        let people = PEOPLE.to_string();
        let third_party = Part::start("third-party.mjs", &["--ttl", LIFE, "--people", &people]);
        let (address, provider) = (upstream.uri("/mcp").to_string(), corp(third_party.origin()));
        let further = "access_token_lifetime = \"1m\"";
        let gateway = setup().start(|listen| configuration(listen, &address, &provider, further));
        let client = Client::register(&gateway).await;
        Self { third_party, gateway, client, _upstream: upstream }
    }

    /// Everybody signs in, a few at a time.
    async fn sign_in_all(&self) -> Vec<Tokens> {
        let sign_ins = (1..=PEOPLE).map(|number| async move {
            self.client.connect(&corp_person(&format!("person-{number}"), "wonderland")).await
        });
        stream::iter(sign_ins).buffer_unordered(4).collect().await
    }

    async fn statistics(&self) -> (u64, u64) {
        statistics(&self.third_party).await
    }
}

/// How often the third party has refreshed tokens, and how often it revoked some because they came twice.
pub(super) async fn statistics(third_party: &Part) -> (u64, u64) {
    let counted: Value = get(&third_party.url("/statistics")).await.json();
    (counted["refreshes"].as_u64().unwrap(), counted["revoked"].as_u64().unwrap())
}

/// Calls and refreshes until then; only the third party's moods may make a refresh wait.
pub(super) async fn live(
    client: Arc<Client>,
    url: Arc<str>,
    mut tokens: Tokens,
    number: usize,
    until: Instant,
) -> (Tokens, Lived) {
    let mut lived = Lived::default();
    // Not all at once.
    tokio::time::sleep(Duration::from_millis(40 * u64::try_from(number).unwrap())).await;
    while Instant::now() < until {
        let called = call(tool_call(&url, Some(&tokens.access))).await;
        assert_eq!(called.status, 200, "client {number} must sign in: {}", called.body);
        lived.calls += 1;
        if lived.calls % 2 == 0 {
            let answer = client.refresh(&tokens.refresh).await;
            if answer.status == 503 {
                assert_eq!(answer.refusal().1, "temporarily_unavailable", "{}", answer.body);
                assert!(!answer.header("retry-after").is_empty());
                lived.unavailable += 1;
            } else {
                // Anything but tokens would send the person to sign in.
                tokens = answer.tokens();
                lived.refreshes += 1;
            }
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    (tokens, lived)
}

/// `moods` follow one another, with a good time after each; answers how often a refresh had to wait.
async fn nobody_signs_in_again(moods: &[&str]) -> u32 {
    let mut stage = Moody::start().await;
    let everybody = stage.sign_in_all().await;
    let (client, url) = (Arc::new(stage.client.clone()), Arc::<str>::from(stage.gateway.url("/mcp")));
    let length = length();
    let (start, until) = (Instant::now(), Instant::now() + length);
    let before = stage.statistics().await.0;
    let clients: Vec<_> = everybody
        .into_iter()
        .enumerate()
        .map(|(number, tokens)| tokio::spawn(live(client.clone(), url.clone(), tokens, number, until)))
        .collect();
    let turns = u32::try_from(2 * moods.len()).unwrap();
    for mood in moods {
        tokio::time::sleep(length / turns.max(1)).await;
        stage.third_party.tell(mood);
        tokio::time::sleep(length / turns.max(1)).await;
        stage.third_party.tell("good");
    }
    let mut all = Lived::default();
    for ended in clients {
        let (tokens, lived) = ended.await.unwrap();
        all.calls += lived.calls;
        all.refreshes += lived.refreshes;
        all.unavailable += lived.unavailable;
        // In the end everybody comes on, as soon as the third party is heard again.
        while stage.client.refresh(&tokens.refresh).await.status == 503 {
            assert!(start.elapsed() < length + Duration::from_secs(40), "the third party is back");
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }
    let (refreshes, revoked) = stage.statistics().await;
    let refreshes = refreshes - before;
    assert_eq!(revoked, 0, "a refresh token of the third party was used twice");
    // Each is refreshed about every two seconds in good times.
    let seconds = u32::try_from(length.as_secs()).unwrap();
    let expected = u32::try_from(PEOPLE).unwrap() * seconds / 8;
    assert!(refreshes > u64::from(expected), "only {refreshes} refreshes at the third party");
    assert!(all.calls > expected && all.refreshes > expected / 2, "{all:?}");
    println!(
        "{PEOPLE} grants, {} s, {moods:?}: {} calls, {} refreshes, {} told to wait, {refreshes} at the third party, \
         0 signed in again",
        length.as_secs(),
        all.calls,
        all.refreshes,
        all.unavailable
    );
    all.unavailable
}

#[tokio::test(flavor = "multi_thread")]
async fn k04_fifty_grants_on_tokens_of_seconds_need_no_second_sign_in() {
    assert_eq!(nobody_signs_in_again(&[]).await, 0, "in good times nobody waits");
}

#[tokio::test(flavor = "multi_thread")]
async fn k02_a_third_party_that_is_slow_broken_deaf_or_restarted_costs_nobody_a_sign_in() {
    let waited = nobody_signs_in_again(&["slow 1500", "broken", "restarted", "deaf"]).await;
    assert!(waited > 0, "nobody noticed any of it");
}

/// How long it goes on: some seconds in the gate, two minutes by the command.
#[expect(clippy::disallowed_methods, reason = "how `cargo xtask moods` says how long it shall take")]
fn length() -> Duration {
    let seconds = std::env::var("MOODS_SECONDS").ok().and_then(|it| it.parse().ok());
    Duration::from_secs(seconds.unwrap_or(20))
}
