//! What people and clients do, each step at another gateway.

use super::cluster::Cluster;
use crate::third_party::{client::TokenAnswer, stage::alice};

#[tokio::test(flavor = "multi_thread")]
async fn every_step_of_a_sign_in_may_come_to_another_gateway() {
    let cluster = Cluster::start().await;
    let client = cluster.client().await;
    for _ in 0..4 {
        let tokens = client.connect(&alice()).await;
        assert_eq!(cluster.statuses(&tokens.access).await, [200; 3], "good everywhere at once");
        let second = client.refresh(&tokens.refresh).await.tokens();
        let third = client.refresh(&second.refresh).await.tokens();
        assert_eq!(cluster.statuses(&third.access).await, [200; 3]);
    }
    assert_eq!(cluster.upstream.requests().len(), 4 * 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_signing_key_of_one_gateway_is_taken_by_all() {
    let cluster = Cluster::start().await;
    let client = cluster.client().await;
    let before = client.connect(&alice()).await;
    cluster.command(0, &["keys", "rotate", "--at-once"]);
    cluster.balancer.to(0);
    let after = client.refresh(&before.refresh).await.tokens();
    cluster.balancer.to_all();
    assert_ne!(key_id(&before.access), key_id(&after.access));
    cluster.until_everywhere(&after.access, 200).await;
    assert_eq!(cluster.statuses(&before.access).await, [200; 3], "what the key before has signed");
}

/// The header of a token.
fn key_id(token: &str) -> &str {
    token.split('.').next().unwrap()
}
