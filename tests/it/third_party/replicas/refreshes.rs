//! Third-party tokens that several gateways want to refresh (K04).

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::{StreamExt, stream};
use test_support::postgres::PostgresServer;

use super::{balancer::Balancer, cluster::Cluster};
use crate::{
    support::Part,
    third_party::{
        attacks::echo,
        moods::{live, statistics},
        stage::{corp, corp_person},
    },
};

/// A refresh token of the third party that comes twice ends everything there, so each must be used once, whichever
/// gateways are asked for what rests on it.
#[tokio::test(flavor = "multi_thread")]
async fn k04_tokens_of_seconds_are_refreshed_once_whichever_gateway_is_asked() {
    let people = PEOPLE.to_string();
    let third_party = Part::start("third-party.mjs", &["--ttl", "3", "--people", &people]);
    let provider = corp(third_party.origin());
    let (balancer, upstream) = (Balancer::start().await, echo().await);
    let cluster = Cluster::behind(balancer, upstream, &provider, PostgresServer::shared());
    let client = Arc::new(cluster.client().await);
    let sign_ins = (1..=PEOPLE).map(|number| {
        let client = Arc::clone(&client);
        async move { client.connect(&corp_person(&format!("person-{number}"), "wonderland")).await }
    });
    let everybody: Vec<_> = stream::iter(sign_ins).buffer_unordered(4).collect().await;
    let before = statistics(&third_party).await.0;
    let (url, until) = (Arc::<str>::from(cluster.url()), Instant::now() + LENGTH);
    let clients: Vec<_> = everybody
        .into_iter()
        .enumerate()
        .map(|(number, tokens)| tokio::spawn(live(client.clone(), url.clone(), tokens, number, until)))
        .collect();
    let (mut calls, mut refreshes) = (0, 0);
    for ended in clients {
        let lived = ended.await.unwrap().1;
        (calls, refreshes) = (calls + lived.calls, refreshes + lived.refreshes);
    }
    let (there, revoked) = statistics(&third_party).await;
    let there = there - before;
    assert_eq!(revoked, 0, "a refresh token of the third party was used twice");
    assert!(there > 2 * u64::from(PEOPLE), "only {there} refreshes at the third party");
    println!(
        "{calls} calls and {refreshes} refreshes at 3 gateways, {there} at the third party, 0 signed in again"
    );
}

const PEOPLE: u32 = 20;
const LENGTH: Duration = Duration::from_secs(12);
