//! What happens when the database goes, or a gateway (FI-15, L17, L18).

use std::time::{Duration, Instant};

use test_support::postgres::PostgresServer;

use super::{balancer::Balancer, cluster::Cluster};
use crate::{
    support::{Gateway, get},
    third_party::{
        attacks::{echo, until},
        client::{Client, TokenAnswer},
        stage::{LOCAL, alice},
    },
};

#[tokio::test(flavor = "multi_thread")]
async fn fi15_l18_without_the_database_nothing_is_issued_and_with_it_all_goes_on() {
    let server = PostgresServer::start();
    let cluster = Cluster::behind(Balancer::start().await, echo().await, LOCAL, &server);
    let client = cluster.client().await;
    let tokens = client.connect(&alice()).await;
    assert_eq!(cluster.statuses(&tokens.access).await, [200; 3]);

    server.kill();
    let gone = cluster.until_everywhere(&tokens.access, 503).await;
    assert_eq!(client.refresh(&tokens.refresh).await.refusal(), (503, "temporarily_unavailable".to_owned()));
    assert_eq!(get(&format!("{}/readyz", cluster.balancer.origin())).await.status, 503);
    for gateway in &cluster.gateways {
        assert!(gateway.output().contains("what other gateways did to grants is not known"));
    }

    server.resume();
    let back = cluster.until_everywhere(&tokens.access, 200).await;
    let begin = Instant::now();
    until("refreshes are answered", async || client.refresh(&tokens.refresh).await.status == 200).await;
    let back = back + begin.elapsed();
    println!(
        "refused {} ms after the database was gone, normal {} ms after it was back",
        gone.as_millis(),
        back.as_millis()
    );
    assert!(gone < Duration::from_secs(6), "no token is good on an old word: {gone:?}");
    assert!(back < Duration::from_secs(10), "{back:?}");
    let again = client.connect(&alice()).await;
    assert_eq!(cluster.statuses(&again.access).await, [200; 3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn l01_l17_a_gateway_that_is_killed_takes_nothing_with_it() {
    let mut cluster = Cluster::start().await;
    let client = cluster.client().await;
    let first = client.connect(&alice()).await;
    cluster.balancer.to(0);
    let at_the_killed = client.connect(&alice()).await;
    let mut killed = cluster.gateways.remove(0);
    killed.signal("KILL");
    killed.wait();
    cluster.balancer.put_behind(cluster.gateways.iter().map(Gateway::address).collect());
    cluster.balancer.to_all();
    for tokens in [&first, &at_the_killed] {
        assert_eq!(cluster.statuses(&tokens.access).await, [200; 2], "what was answered is kept");
        let next = client.refresh(&tokens.refresh).await.tokens();
        assert_eq!(cluster.statuses(&next.access).await, [200; 2]);
    }
    let other = Client::register_at(&cluster.balancer.origin()).await;
    other.connect(&alice()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn k09_a_gateway_that_stood_still_takes_no_token_at_an_old_word() {
    let cluster = Cluster::start().await;
    let client = cluster.client().await;
    let tokens = client.connect(&alice()).await;
    assert_eq!(cluster.statuses(&tokens.access).await, [200; 3]);
    cluster.gateways[2].signal("STOP");
    cluster.balancer.to(0);
    assert_eq!(client.revoke(&tokens.refresh).await.status, 200);
    tokio::time::sleep(Duration::from_secs(5)).await;
    // The call waits there before the gateway goes on.
    let goes_on = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        cluster.gateways[2].signal("CONT");
    };
    let (status, ()) = tokio::join!(cluster.status(2, &tokens.access), goes_on);
    assert!([401, 503].contains(&status), "{status}");
    cluster.until_everywhere(&tokens.access, 401).await;
}
