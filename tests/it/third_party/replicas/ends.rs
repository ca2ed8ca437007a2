//! What ends at one gateway ends at all (FI-05, FI-14, K08).

use std::{
    net::TcpListener,
    time::{Duration, Instant},
};

use http::Response;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use test_support::postgres::PostgresServer;

use super::{
    balancer::Balancer,
    cluster::{Cluster, endless},
};
use crate::{
    support::{Part, open, tool_call},
    third_party::{
        attacks::INVALID_GRANT,
        client::{Client, TokenAnswer, Tokens},
        stage::{alice, corp, corp_alice},
    },
};

/// Something at one gateway that ends the grant behind tokens.
enum Ending {
    /// The client revokes.
    Revocation,
    /// A refresh token that was used before is used again.
    Theft,
    /// The operator ends all of a person.
    Operator,
    /// The person ends it on the account page.
    AccountPage,
}

impl Ending {
    async fn happen(&self, cluster: &Cluster, client: &Client, tokens: &Tokens) {
        match self {
            Self::Revocation => assert_eq!(client.revoke(&tokens.refresh).await.status, 200),
            Self::Theft => {
                let second = client.refresh(&tokens.refresh).await.tokens();
                client.refresh(&second.refresh).await.tokens();
                let refused = client.refresh(&tokens.refresh).await.refusal();
                assert_eq!(refused, (400, INVALID_GRANT.to_owned()));
            }
            Self::Operator => drop(cluster.command(0, &["grants", "revoke", "--user", "local:alice"])),
            Self::AccountPage => {
                let mut person = alice();
                let account = person.goes_to(&format!("{}/account", cluster.balancer.origin())).await;
                let buttons = account.forms().into_iter().flat_map(|it| it.buttons).flatten();
                let end = buttons.map(|(_, value)| value).find(|it| it.starts_with("end:")).unwrap();
                let after = person.presses_only(&account, &format!("action={end}")).await;
                assert_eq!(after.status, 200, "{}", after.text());
            }
        }
    }
}

/// One that is open at each gateway.
async fn streams(cluster: &Cluster, tokens: &Tokens) -> Vec<Response<Incoming>> {
    let mut streams = Vec::new();
    for gateway in 0..3 {
        cluster.balancer.to(gateway);
        let stream = open(tool_call(&cluster.url(), Some(&tokens.access))).await;
        assert_eq!(stream.status(), 200, "open at gateway {gateway}");
        streams.push(stream);
    }
    cluster.balancer.to_all();
    streams
}

/// Waits until a stream has ended.
async fn ends(mut stream: Response<Incoming>) {
    while let Some(Ok(_)) = stream.frame().await {}
}

#[tokio::test(flavor = "multi_thread")]
async fn fi14_fi05_k08_the_end_of_a_grant_counts_at_every_gateway_within_five_seconds() {
    let cluster = Cluster::before(endless().await).await;
    let client = cluster.client().await;
    let mut slowest = Duration::ZERO;
    for ending in [Ending::Revocation, Ending::Theft, Ending::Operator, Ending::AccountPage] {
        let tokens = client.connect(&alice()).await;
        let streams = streams(&cluster, &tokens).await;
        cluster.balancer.to(0);
        ending.happen(&cluster, &client, &tokens).await;
        let begin = Instant::now();
        for stream in streams {
            ends(stream).await;
        }
        slowest = slowest.max(begin.elapsed());
        cluster.until_everywhere(&tokens.access, 401).await;
        slowest = slowest.max(begin.elapsed());
        cluster.balancer.to_all();
    }
    println!("ended at 3 gateways, streams included, {} ms after the answer, at most", slowest.as_millis());
    assert!(slowest < Duration::from_secs(5), "{slowest:?}");
}

/// The third party tells one gateway, and every step of the sign-in before may have been at another.
#[tokio::test(flavor = "multi_thread")]
async fn fi13_fi14_k07_a_sign_out_at_the_third_party_counts_at_every_gateway_within_five_seconds() {
    let balancer = Balancer::start().await;
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
    let provider = corp(&format!("http://127.0.0.1:{port}"));
    let logout = format!("{}/backchannel-logout/corp", balancer.origin());
    let _third_party = Part::start("third-party.mjs", &["--port", &port, "--logout", &logout]);
    let cluster = Cluster::behind(balancer, endless().await, &provider, PostgresServer::shared());
    let client = cluster.client().await;
    let mut alice = corp_alice().stops_at(&client.redirect_uri);
    let asked = client.asks();
    let code = asked.code_in(&alice.goes_to(&asked.url).await);
    let tokens = client.redeem(&code, &asked.verifier).await.tokens();
    let elsewhere = client.connect(&corp_alice()).await;
    let streams = streams(&cluster, &tokens).await;

    let begin = Instant::now();
    let link = format!("http://127.0.0.1:{port}/session/end?client_id=gateway");
    let there = alice.presses("logout=yes").goes_to(&link).await;
    assert!(there.status.is_success() || there.status.is_redirection(), "{}", there.text());
    for stream in streams {
        ends(stream).await;
    }
    cluster.until_everywhere(&tokens.access, 401).await;
    let took = begin.elapsed();
    println!("ended at 3 gateways {} ms after the person began to sign out there", took.as_millis());
    assert!(took < Duration::from_secs(5), "{took:?}");
    let refused = client.refresh(&tokens.refresh).await.refusal();
    assert_eq!(refused, (400, INVALID_GRANT.to_owned()));
    assert_eq!(client.refresh(&elsewhere.refresh).await.status, 200, "another sign-in goes on");
}

#[tokio::test(flavor = "multi_thread")]
async fn k08_each_end_leaves_one_line_of_the_audit_whatever_the_number_of_gateways() {
    let cluster = Cluster::start().await;
    let client = cluster.client().await;
    let (doomed, spared) = (client.connect(&alice()).await, client.connect(&alice()).await);
    cluster.balancer.to(1);
    assert_eq!(client.revoke(&doomed.refresh).await.status, 200);
    cluster.balancer.to_all();
    cluster.until_everywhere(&doomed.access, 401).await;
    assert_eq!(cluster.statuses(&spared.access).await, [200; 3], "another grant of the same person");
    let lines = |gateway: usize| {
        let said = cluster.gateways[gateway].output();
        said.lines().filter(|it| it.contains("grant ended")).count()
    };
    assert_eq!([lines(0), lines(1), lines(2)], [0, 1, 0], "told by the gateway that ended it");
}

#[tokio::test(flavor = "multi_thread")]
async fn k08_an_operator_without_a_running_gateway_ends_grants_in_the_database() {
    let mut cluster = Cluster::start().await;
    let client = cluster.client().await;
    let tokens = client.connect(&alice()).await;
    assert_eq!(cluster.statuses(&tokens.access).await, [200; 3]);
    let mut stopped = cluster.gateways.pop().unwrap();
    cluster.balancer.put_behind(cluster.gateways.iter().map(crate::support::Gateway::address).collect());
    stopped.signal("TERM");
    assert!(stopped.wait().success());
    cluster.gateways.push(stopped);
    let answer = cluster.command(2, &["grants", "revoke", "--user", "local:alice", "--json"]);
    assert!(answer.contains("\"grants\": 1"), "{answer}");
    let begin = Instant::now();
    while [cluster.status(0, &tokens.access).await, cluster.status(1, &tokens.access).await] != [401; 2] {
        assert!(begin.elapsed() < Duration::from_secs(5), "after five seconds it lives elsewhere");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
