//! What stands in the store, and what does not.

use std::sync::Arc;

use storage::{MemoryStore, RecordStore, Table};

use super::super::record;
use crate::{EndCause, OpenGrantsError, RevokeSelector, testing::*};

#[tokio::test]
async fn l12_no_token_stands_in_the_store() {
    let world = World::new().await;
    let code = world.code().await;
    let mut secrets = vec![code.expose().to_owned()];
    let tokens = world.redeem(&code).await.unwrap();
    let again = world.rotate(&tokens).await.unwrap();
    world.code().await;
    for tokens in [&tokens, &again] {
        secrets.push(refresh_token(tokens).to_owned());
        secrets.push(tokens.access_token.expose().to_owned());
    }
    for table in ["grants", "signing_keys", "key_ring"] {
        for (_, found) in world.store.scan(Table::new(table, u16::MAX), None, 10).await.unwrap() {
            for secret in &secrets {
                use base64::Engine;
                let text = secret.split_once('.').unwrap().1;
                let raw = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text).unwrap_or_default();
                let tail = raw.get(raw.len().saturating_sub(16)..).unwrap();
                assert!(!contains(&found.record.body, secret.as_bytes()));
                assert!(tail.is_empty() || !contains(&found.record.body, tail));
            }
            assert!(!contains(&found.record.body, VERIFIER.as_bytes()));
        }
    }
}

#[tokio::test]
async fn m02_no_secret_is_printed() {
    let world = World::new().await;
    let code = world.code().await;
    let tokens = world.redeem(&code).await.unwrap();
    let printed = format!("{code:?} {tokens:?} {:?} {:?}", world.grants, world.signing_keys);
    for secret in [code.expose(), tokens.access_token.expose(), refresh_token(&tokens)] {
        assert!(!printed.contains(secret));
    }
    assert!(printed.contains("AuthorizationCode(..)"), "{printed}");
}

#[tokio::test]
async fn a_grants_record_is_small() {
    let world = World::new().await;
    let tokens = world.live().await;
    let size =
        async |id| world.store.get(record::TABLE, &record::key(id)).await.unwrap().unwrap().record.body.len();
    assert_eq!(size(&tokens.grant).await, 155);
    let (id, _) = world.grants.issue_code(new_grant()).await.unwrap();
    assert_eq!(size(&id).await, 207);
    world.grants.revoke(&RevokeSelector::Grant(id), EndCause::SignedOut).await.unwrap();
    assert_eq!(size(&id).await, 115);
}

#[tokio::test]
async fn l06_a_grant_that_cannot_be_read_stops_the_start() {
    let world = World::new().await;
    let tokens = world.live().await;
    let key = record::key(&tokens.grant);
    let mut record = world.store.get(record::TABLE, &key).await.unwrap().unwrap().record;
    record.body[0] = 9;
    world.store.put(record::TABLE, &key, record).await.unwrap();
    unavailable(world.rotate(&tokens).await);
    let parts = crate::GrantParts {
        store: world.store.clone(),
        feed: None,
        ring: world.ring.clone(),
        signing_keys: world.signing_keys.clone(),
        clock: world.clock.clone(),
        entropy: Arc::new(oauth_types::SystemEntropy),
        events: world.events.clone(),
    };
    let settings = crate::GrantSettings::new(ISSUER.parse().unwrap());
    assert!(matches!(crate::Grants::open(parts, settings).await, Err(OpenGrantsError::Store(_))));
}

#[tokio::test]
async fn grants_live_in_a_redb_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.redb");
    let settings = storage::RedbSettings::new(&path);
    let open = || Arc::new(storage::RedbStore::open_or_create(&settings).unwrap());
    let world = World::on(open(), master(1), [], NOW, |_| {}).await;
    let first = world.live().await;
    let second = world.rotate(&first).await.unwrap();
    let third = world.rotate(&second).await.unwrap();
    drop(world);
    let world = World::on(open(), master(1), [], NOW, |_| {}).await;
    let fourth = world.rotate(&third).await.unwrap();
    assert_eq!(refused(world.rotate(&second).await), crate::Refusal::Ended(EndCause::RefreshReuse));
    assert!(world.rotate(&fourth).await.is_err());
}

#[tokio::test]
async fn an_empty_store_opens_empty() {
    let world = World::on(Arc::new(MemoryStore::new()), master(1), [], NOW, |_| {}).await;
    assert_eq!(world.grants.count(), (0, 0));
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|it| it == needle)
}
