//! Tokens for the next hop (RFC 8693).

use std::{
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use oauth_types::{Actor, UnixTime};
use serde_json::{Value, json};

use crate::{EndCause, ExchangedToken, IssuedTokens, Memberships, Refusal, RevokeSelector, testing::*};

fn next_hop(tokens: &IssuedTokens, expires_at: UnixTime) -> ExchangedToken {
    ExchangedToken {
        grant: tokens.grant,
        client_id: "files".parse().unwrap(),
        actor: Actor { sub: "files".parse().unwrap(), act: None },
        scope: "mcp".parse().unwrap(),
        resource: "https://mcp.example/search".parse().unwrap(),
        expires_at,
        memberships: Memberships::default(),
        key: None,
    }
}

fn after(seconds: u64) -> UnixTime {
    NOW + std::time::Duration::from_secs(seconds)
}

fn claims(tokens: &IssuedTokens) -> Value {
    let payload = tokens.access_token.expose().split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

#[tokio::test]
async fn an_exchanged_token_says_for_whom_and_by_whom() {
    let world = World::new().await;
    let tokens = world.live().await;
    let exchanged = world.grants.exchange(next_hop(&tokens, after(600))).await.unwrap();
    assert!(exchanged.refresh_token.is_none());
    let (first, second) = (claims(&tokens), claims(&exchanged));
    for same in ["iss", "sub", "grant"] {
        assert_eq!(first[same], second[same], "{same}");
    }
    assert_ne!(first["jti"], second["jti"]);
    assert_eq!(second["act"], json!({ "sub": "files" }));
    assert_eq!((&second["client_id"], &second["scope"]), (&json!("files"), &json!("mcp")));
    assert_eq!(second["aud"], "https://mcp.example/search");
    assert_eq!(first.get("act"), None);
}

#[tokio::test]
async fn l18_nothing_is_exchanged_while_ends_elsewhere_are_not_heard_of() {
    let store = Arc::new(storage::MemoryStore::new());
    let feed = TestFeed::of(&store);
    let world = World::replica(store, feed.clone(), |it| it.stale_after = Duration::ZERO).await;
    let tokens = world.live().await;
    feed.is_cut.store(true, Relaxed);
    std::thread::sleep(Duration::from_millis(2));
    unavailable(world.grants.exchange(next_hop(&tokens, after(600))).await);
    feed.is_cut.store(false, Relaxed);
    let world = World::replica(world.store.clone(), feed.clone(), |_| {}).await;
    world.grants.exchange(next_hop(&tokens, after(600))).await.unwrap();
}

#[tokio::test]
async fn an_exchanged_token_outlives_neither_its_origin_nor_its_grant() {
    let world = World::new().await;
    let tokens = world.live().await;
    let exchanged = world.grants.exchange(next_hop(&tokens, after(600))).await.unwrap();
    assert_eq!(exchanged.expires_in.as_secs(), 600);
    let longest = world.grants.exchange(next_hop(&tokens, after(999_999))).await.unwrap();
    assert_eq!(longest.expires_in, tokens.expires_in);
    let late = world.grants.exchange(next_hop(&tokens, NOW)).await;
    assert_eq!(refused(late), Refusal::Expired);
    let end = RevokeSelector::Grant(tokens.grant);
    world.grants.revoke(&end, EndCause::PersonRevoked).await.unwrap();
    assert_eq!(refused(world.grants.exchange(next_hop(&tokens, after(600))).await), Refusal::Expired);
}

#[tokio::test]
async fn nothing_is_exchanged_without_a_grant_or_a_store() {
    let world = World::new().await;
    let tokens = world.live().await;
    let (code_only, _) = world.grants.issue_code(new_grant()).await.unwrap();
    let of = |grant| ExchangedToken { grant, ..next_hop(&tokens, after(600)) };
    assert_eq!(refused(world.grants.exchange(of(code_only)).await), Refusal::Expired);
    let nobody = world.grants.draw_id().id();
    assert_eq!(refused(world.grants.exchange(of(nobody)).await), Refusal::Unknown);
    world.store.set_down(true);
    unavailable(world.grants.exchange(of(tokens.grant)).await);
    world.store.set_down(false);
    world.grants.exchange(of(tokens.grant)).await.unwrap();
}
