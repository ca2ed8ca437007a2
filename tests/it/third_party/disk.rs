//! A disk that takes nothing any more (L04, FI-16).

use std::{
    process::Command,
    time::{Duration, Instant},
};

use super::{
    client::{Client, TokenAnswer},
    stage::{LOCAL, alice, configuration, setup},
};
use crate::support::{Gateway, call, get, tool_call};

/// How many bytes the process may have in a file; what it has written already stays.
fn limit(gateway: &Gateway, bytes: &str) {
    let (pid, limit) = (gateway.pid().to_string(), format!("--fsize={bytes}:unlimited"));
    let status = Command::new("prlimit").args(["--pid", &pid, &limit]).status().unwrap();
    assert!(status.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn l04_fi16_on_a_full_disk_nothing_is_given_out_and_what_is_out_stays_good() {
    let upstream = super::attacks::echo().await;
    let address = upstream.uri("/mcp").to_string();
    let mut gateway =
        setup().file_sizes_are_errors().start(|listen| configuration(listen, &address, LOCAL, ""));
    let client = Client::register(&gateway).await;
    let (mut tokens, others) = (client.connect(&alice()).await, client.connect(&alice()).await);
    let mut out = vec![others.access.clone(), tokens.access.clone()];
    for _ in 0..8 {
        tokens = client.refresh(&tokens.refresh).await.tokens();
        out.push(tokens.access.clone());
    }
    let url = gateway.url("/mcp");
    let asked = client.asks();
    let waiting = client.code(&alice(), &asked).await;

    assert_eq!(get(&gateway.url("/readyz")).await.status, 200);

    limit(&gateway, "1");
    let mut told_to_wait = 0;
    for _ in 0..3 {
        let refused = client.refresh(&tokens.refresh).await;
        assert_eq!(refused.refusal(), (503, "temporarily_unavailable".to_owned()), "{}", refused.body);
        let refused = client.redeem(&waiting, &asked.verifier).await;
        assert_eq!(refused.refusal(), (503, "temporarily_unavailable".to_owned()), "{}", refused.body);
        let revoked = client.revoke(&others.refresh).await;
        assert_eq!(revoked.status, 503, "what was not ended is not said to be: {}", revoked.body);
        told_to_wait += 3;
        for access in &out {
            assert_eq!(call(tool_call(&url, Some(access))).await.status, 200);
        }
        assert_eq!(get(&gateway.url("/readyz")).await.status, 503);
    }
    gateway.wait_for("the store is unavailable");

    // There is room again: the process finds it by itself, and everything is as it was answered.
    limit(&gateway, "unlimited");
    let began = Instant::now();
    while get(&gateway.url("/readyz")).await.status != 200 {
        assert!(began.elapsed() < Duration::from_secs(5), "never recovered:\n{}", gateway.output());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(call(tool_call(&url, Some(&tokens.access))).await.status, 200);
    client.refresh(&tokens.refresh).await.tokens();
    client.redeem(&waiting, &asked.verifier).await.tokens();
    assert_eq!(client.revoke(&others.refresh).await.status, 200);
    assert_eq!(call(tool_call(&url, Some(&others.access))).await.status, 401);
    let took = began.elapsed();
    println!(
        "FI-16: at work again {} ms after there was room; {told_to_wait} requests answered 503 until then, and {} of {} \
         tokens that were out stayed good",
        took.as_millis(),
        out.len(),
        out.len(),
    );

    // It was on the disk, too.
    gateway.crash_and_restart();
    assert_eq!(call(tool_call(&url, Some(&others.access))).await.status, 401);
    assert_eq!(call(tool_call(&url, Some(&tokens.access))).await.status, 200);
    assert!(took < Duration::from_secs(5), "{took:?}");
}
