use std::{future::pending, sync::Arc, time::Duration};

use async_trait::async_trait;
use oauth_types::{ProviderId, SystemEntropy};
use storage::{Fault, FaultyStore, MemoryStore};

use super::*;
use crate::{
    IssuedTokens, RefreshFailure, RefreshedTokens, Refresher, SessionKey, ThirdPartyAccessToken,
    ThirdPartyIdentity, ThirdPartyRefreshToken, ThirdPartyTokenParts, ThirdPartyTokenSettings,
    ThirdPartyTokens, TokenSet,
    testing::{NOW, World, body_of, master, put_body, session},
};

const SESSIONS: u8 = 3;

fn ring(current: u8, older: &[u8]) -> Arc<KeyRing> {
    Arc::new(KeyRing::new(&master(current), older.iter().map(|it| master(*it))).unwrap())
}

fn session_number(number: u8) -> SessionKey {
    SessionKey::new([number; 8]).unwrap()
}

/// A third party that nobody should ask, or one that has the store sealed anew before it answers.
#[derive(Debug)]
struct ThirdParty(Option<(Arc<KeyRing>, Arc<dyn RecordStore>)>);

#[async_trait]
impl Refresher for ThirdParty {
    async fn refresh(
        &self,
        _: &ProviderId,
        _: &SessionKey,
        _: &ThirdPartyRefreshToken,
    ) -> Result<RefreshedTokens, RefreshFailure> {
        let (ring, store) = self.0.as_ref().expect("nothing is due");
        let done = ring.reseal(store.as_ref(), |_| {}).await.unwrap();
        assert_eq!((done.busy, done.is_complete()), (1, false));
        Ok(RefreshedTokens {
            access_token: ThirdPartyAccessToken::new("new-access".to_owned()),
            refresh_token: Some(ThirdPartyRefreshToken::new("new-refresh".to_owned())),
            expires_in: Some(Duration::from_secs(3600)),
            scope: None,
        })
    }
}

/// The world on `store` with its keys, and its third-party tokens.
async fn world(store: Arc<dyn RecordStore>, current: u8, older: &[u8]) -> World {
    World::on(store, master(current), older.iter().map(|it| master(*it)), NOW, |_| {}).await
}

fn third_party(world: &World, refresher: ThirdParty) -> ThirdPartyTokens {
    let parts = ThirdPartyTokenParts {
        store: world.store.clone(),
        ring: world.ring.clone(),
        refresher: Arc::new(refresher),
        grants: world.grants.clone(),
        clock: world.clock.clone(),
        entropy: Arc::new(SystemEntropy),
    };
    let (tokens, keeper) = ThirdPartyTokens::new(parts, ThirdPartyTokenSettings::default());
    tokio::spawn(keeper.run(tokio::time::sleep, pending()));
    tokens
}

fn token_set(life: u64) -> TokenSet {
    TokenSet {
        provider: "github".parse().unwrap(),
        access_token: ThirdPartyAccessToken::new("access".to_owned()),
        refresh_token: Some(ThirdPartyRefreshToken::new("refresh".to_owned())),
        expires_at: Some(NOW + Duration::from_secs(life)),
        scope: "repo".parse().unwrap(),
    }
}

/// A store that key 1 has sealed, with a live grant.
async fn sealed_with_1() -> (Arc<MemoryStore>, IssuedTokens) {
    let store = Arc::new(MemoryStore::new());
    let world = world(store.clone(), 1, &[]).await;
    let tokens = third_party(&world, ThirdParty(None));
    let keep_until = NOW + Duration::from_secs(1_000_000);
    for number in 1..=SESSIONS {
        tokens.store(&session_number(number), token_set(3600), keep_until).await.unwrap();
    }
    let identities = ThirdPartyIdentities::new(world.store.clone(), world.ring.clone());
    identities.store(&session_number(1), &identity(), keep_until).await.unwrap();
    (store, world.live().await)
}

fn identity() -> ThirdPartyIdentity {
    ThirdPartyIdentity::new("alice@example.org".to_owned())
}

/// What [`sealed_with_1`] has sealed: the tokens, what is known of a person, the signing keys and the check record.
const RECORDS: u64 = SESSIONS as u64 + 3;

/// Everything can be opened with these keys.
async fn check_readable(store: Arc<MemoryStore>, current: u8, older: &[u8]) -> World {
    let world = world(store, current, older).await;
    let tokens = third_party(&world, ThirdParty(None));
    for number in 1..=SESSIONS {
        let token = tokens.access_token(&session_number(number)).await.unwrap();
        assert_eq!(token.expose(), "access");
    }
    let identities = ThirdPartyIdentities::new(world.store.clone(), world.ring.clone());
    let found = identities.find(&session_number(1)).await.unwrap().unwrap();
    assert_eq!(found.identity, identity());
    world
}

#[tokio::test(start_paused = true)]
async fn l10_everything_moves_to_the_present_key_and_then_the_old_one_may_go() {
    let (store, tokens) = sealed_with_1().await;
    assert_eq!(ring(2, &[]).check(store.as_ref()).await, Err(KeyRingError::MissingKey(master(1).id())));

    let mut told = Vec::new();
    let done = ring(2, &[1]).reseal(store.as_ref(), |it| told.push(it)).await.unwrap();
    assert_eq!(done.resealed, RECORDS);
    assert!(done.is_complete());
    assert_eq!(done.grants, BTreeMap::from([(master(1).id(), 1)]));
    assert!(!done.is_free_of(master(1).id()), "a refresh token still needs it");
    let tables: Vec<_> = told.iter().filter(|it| it.resealed > 0).map(|it| it.table).collect();
    assert_eq!(
        tables,
        ["signing_keys", "third_party_tokens", "third_party_identities", "key_ring"]
            .map(|it| [it; 2])
            .as_flattened()
    );

    // The refresh token of the old key works as long as that is there, and its successor is of the new one.
    let with_both = check_readable(store.clone(), 2, &[1]).await;
    let next = with_both.rotate(&tokens).await.unwrap();
    let done = ring(2, &[1]).reseal(store.as_ref(), |_| {}).await.unwrap();
    assert_eq!(done, Resealed::default(), "nothing is left to do");
    assert!(done.is_free_of(master(1).id()));
    let alone = check_readable(store, 2, &[]).await;
    assert!(alone.rotate(&next).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn l10_fi26_interrupted_anywhere_everything_stays_readable_and_it_goes_on() {
    for fault in [Fault::Refused, Fault::AnswerLost] {
        for n in 1.. {
            let (store, _) = sealed_with_1().await;
            let faulty = FaultyStore::new(store.clone());
            faulty.fail_nth(n, fault);
            let outcome = ring(2, &[1]).reseal(&faulty, |_| {}).await;
            if faulty.is_pending() {
                assert!(outcome.unwrap().is_complete());
                assert!(n > 10, "only {n} operations");
                break;
            }
            assert!(matches!(outcome, Err(KeyRingError::Store(_))), "{fault:?} at {n}");
            check_readable(store.clone(), 2, &[1]).await;
            let done = ring(2, &[1]).reseal(store.as_ref(), |_| {}).await.unwrap();
            assert!(done.is_complete());
            check_readable(store, 2, &[]).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn l10_a_lost_key_is_named_with_what_it_sealed() {
    let (store, _) = sealed_with_1().await;
    let world = world(store.clone(), 2, &[1]).await;
    let keep_until = NOW + Duration::from_secs(1_000_000);
    third_party(&world, ThirdParty(None))
        .store(&session_number(9), token_set(3600), keep_until)
        .await
        .unwrap();
    let done = ring(3, &[2]).reseal(store.as_ref(), |_| {}).await.unwrap();
    // What the keys of the ring have sealed is done all the same: the signing keys were sealed anew by 2 above.
    assert_eq!(done.resealed, 2);
    let reason = OpenError::MissingKey(master(1).id());
    let lost = [("third_party_tokens", SESSIONS.into()), ("third_party_identities", 1)];
    assert_eq!(done.unopened, lost.map(|(table, records)| Unopened { table, reason, records }));
    let text = done.unopened[0].to_string();
    for part in ["3 of the records in third_party_tokens", &master(1).id().to_string()] {
        assert!(text.contains(part), "{text}");
    }
    assert!(!done.is_complete());
    // The store is still bound to what it needs.
    assert_eq!(ring(3, &[2]).check(store.as_ref()).await, Err(KeyRingError::MissingKey(master(1).id())));
    assert_eq!(ring(3, &[2, 1]).check(store.as_ref()).await, Ok(()));
}

/// Every sealed record counts, by its key, and nothing is written.
#[tokio::test(start_paused = true)]
async fn l05_a_survey_opens_everything_and_writes_nothing() {
    let (store, _) = sealed_with_1().await;
    let faulty = FaultyStore::new(store.clone());
    let one = master(1).id();
    let found = ring(2, &[1]).survey(&faulty).await.unwrap();
    let records = RECORDS;
    assert_eq!(found.opened, BTreeMap::from([(one, records)]));
    assert_eq!((found.unopened, found.grants), (Vec::new(), BTreeMap::from([(one, 1)])));

    let found = ring(2, &[]).survey(store.as_ref()).await.unwrap();
    assert!(found.opened.is_empty());
    assert!(found.unopened.iter().all(|it| it.reason == OpenError::MissingKey(one)));
    assert_eq!(found.unopened.iter().map(|it| it.records).sum::<u64>(), records);
    assert_eq!(found.grants, BTreeMap::from([(one, 1)]));
    assert_eq!(ring(1, &[]).check(store.as_ref()).await, Ok(()), "still bound to its key");
    assert_eq!(ring(2, &[1]).reseal(store.as_ref(), |_| {}).await.unwrap().resealed, records);
}

#[tokio::test(start_paused = true)]
async fn l08_a_moved_record_is_not_made_good_by_sealing_it_anew() {
    let (store, _) = sealed_with_1().await;
    let table = third_party_tokens::TABLE;
    let other = store.get(table, session_number(1).as_key()).await.unwrap().unwrap();
    store.put(table, session_number(2).as_key(), other.record).await.unwrap();
    store.put(table, session_number(3).as_key(), Record::new(table, NOW, "")).await.unwrap();
    let done = ring(2, &[1]).reseal(store.as_ref(), |_| {}).await.unwrap();
    let reasons: Vec<_> = done.unopened.iter().map(|it| (it.reason, it.records)).collect();
    assert_eq!(reasons, [(OpenError::Forged, 1), (OpenError::Malformed, 1)]);
}

/// The store as it was before its texts named their write.
async fn made_old(store: &MemoryStore) -> u64 {
    let ring = ring(1, &[]);
    let tables: [(Table, Parts); 4] = [
        (signing_keys::TABLE, whole),
        (third_party_tokens::TABLE, third_party_tokens::sealed_part),
        (ThirdPartyIdentities::TABLE, whole),
        (key_ring::TABLE, whole),
    ];
    let mut records = 0;
    for (table, parts) in tables {
        for (key, found) in store.scan(table, None, usize::MAX).await.unwrap() {
            let (before, _, sealed) = parts(&found.record.body).unwrap();
            let context = SealContext::of_write(table, &key, found.revision);
            let opened = ring.open(context, found.record.format, sealed).unwrap();
            let context = SealContext::of_record(Table::new(table.name(), 1), &key);
            let body = [before, &ring.seal(context, &opened.plaintext).unwrap()].concat();
            store.put(table, &key, Record { body, format: 1, ..found.record }).await.unwrap();
            records += 1;
        }
    }
    records
}

#[tokio::test(start_paused = true)]
async fn l08_a_store_of_older_texts_is_read_and_sealed_anew_for_good() {
    let (store, _) = sealed_with_1().await;
    let records = made_old(&store).await;
    assert_eq!(records, RECORDS);
    let started = ring(1, &[]);
    started.check(store.as_ref()).await.unwrap();
    assert!(started.opens_older_texts(), "it is needed still");
    let found = ring(1, &[]).survey(store.as_ref()).await.unwrap();
    assert_eq!((found.opened, found.unopened), (BTreeMap::from([(master(1).id(), records)]), vec![]));
    let (table, session) = (third_party_tokens::TABLE, session_number(2));
    let older = body_of(store.as_ref(), table, session.as_key()).await;
    // Whoever starts seals the signing keys anew.
    check_readable(store.clone(), 1, &[]).await;

    let resealer = ring(1, &[]);
    let done = resealer.reseal(store.as_ref(), |_| {}).await.unwrap();
    assert_eq!((done.resealed, done.is_complete()), (records - 1, true));
    let done = ring(1, &[]).reseal(store.as_ref(), |_| {}).await.unwrap();
    assert_eq!(done, Resealed::default(), "nothing is left to do");
    check_readable(store.clone(), 1, &[]).await;

    put_body(store.as_ref(), table, session.as_key(), older.clone()).await;
    let found = ring(1, &[]).survey(store.as_ref()).await.unwrap();
    let forged = Unopened { table: table.name(), reason: OpenError::Forged, records: 1 };
    assert_eq!(found.unopened, [forged]);

    // As a record of the older format it opens for nobody who knows that there is none any more.
    let record = Record { body: older, format: 1, ..Record::new(table, NOW + Duration::from_secs(9), "") };
    store.put(table, session.as_key(), record).await.unwrap();
    let started = ring(1, &[]);
    assert_eq!(started.survey(store.as_ref()).await.unwrap().unopened, []);
    assert!(started.opens_older_texts());
    started.check(store.as_ref()).await.unwrap();
    assert!(!started.opens_older_texts());
    for ring in [started, resealer] {
        assert_eq!(ring.survey(store.as_ref()).await.unwrap().unopened, [forged]);
    }
}

/// Else a store could be bound again to a master key that has left it.
#[tokio::test(start_paused = true)]
async fn l08_an_earlier_check_record_does_not_open_again() {
    let (store, _) = sealed_with_1().await;
    let check = Key::of(*b"check");
    let earlier = body_of(store.as_ref(), key_ring::TABLE, &check).await;
    ring(2, &[1]).reseal(store.as_ref(), |_| {}).await.unwrap();
    let present = body_of(store.as_ref(), key_ring::TABLE, &check).await;

    put_body(store.as_ref(), key_ring::TABLE, &check, earlier).await;
    let forged = KeyRingError::Check(OpenError::Forged);
    assert_eq!(ring(2, &[1]).check(store.as_ref()).await, Err(forged));
    put_body(store.as_ref(), key_ring::TABLE, &check, present).await;
    assert_eq!(ring(2, &[1]).check(store.as_ref()).await, Ok(()));
}

/// Between the third party's answer and the store nothing may come: the old refresh token is spent.
#[tokio::test(start_paused = true)]
async fn k03_a_refresh_under_way_is_left_alone_and_loses_nothing() {
    let store = Arc::new(MemoryStore::new());
    // This process seals with the older key still.
    let world = world(store.clone(), 1, &[2]).await;
    let tokens = third_party(&world, ThirdParty(Some((ring(2, &[1]), store.clone()))));
    tokens.store(&session(), token_set(3600), NOW + Duration::from_secs(1_000_000)).await.unwrap();
    world.clock.advance(Duration::from_secs(3600));
    assert_eq!(tokens.access_token(&session()).await.unwrap().expose(), "new-access");

    let done = ring(2, &[1]).reseal(store.as_ref(), |_| {}).await.unwrap();
    assert!(done.is_complete() && done.resealed > 0, "{done:?}");
    let kept = tokens.take(&session()).await.unwrap().unwrap();
    assert_eq!(kept.refresh_token.unwrap().expose(), "new-refresh");
}
