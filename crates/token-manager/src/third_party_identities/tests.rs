use std::time::Duration;

use storage::{FaultyStore, MemoryStore};

use super::*;
use crate::testing::{NOW, World, body_of, master, put_body, session};

fn said(text: &str) -> ThirdPartyIdentity {
    ThirdPartyIdentity::new(text.to_owned())
}

async fn scene() -> (World, ThirdPartyIdentities) {
    let world = World::new().await;
    let identities = ThirdPartyIdentities::new(world.store.clone(), world.ring.clone());
    let keep_until = NOW + Duration::from_secs(3600);
    identities.store(&session(), &said("alice@example.org"), keep_until).await.unwrap();
    (world, identities)
}

#[tokio::test]
async fn what_is_known_can_be_found_replaced_and_removed() {
    let (world, identities) = scene().await;
    let first = identities.find(&session()).await.unwrap().unwrap();
    assert_eq!(first.identity, said("alice@example.org"));
    assert!(identities.replace(&session(), &first, &said("second")).await.unwrap());
    assert!(!identities.replace(&session(), &first, &said("third")).await.unwrap(), "others were faster");
    assert_eq!(identities.find(&session()).await.unwrap().unwrap().identity, said("second"));
    let record =
        world.store.get(ThirdPartyIdentities::TABLE, session().as_key()).await.unwrap().unwrap().record;
    assert_eq!(record.expires_at, NOW + Duration::from_secs(3600), "a change keeps the end");

    identities.remove(&session()).await.unwrap();
    assert!(identities.find(&session()).await.unwrap().is_none());
    assert!(!identities.replace(&session(), &first, &said("back")).await.unwrap(), "what is gone stays so");
}

#[tokio::test]
async fn l12_m02_what_is_known_of_a_person_is_sealed_and_not_printed() {
    let (world, identities) = scene().await;
    let record =
        world.store.get(ThirdPartyIdentities::TABLE, session().as_key()).await.unwrap().unwrap().record;
    assert!(!record.body.windows(5).any(|it| it == b"alice"));
    let found = identities.find(&session()).await.unwrap().unwrap();
    assert!(!format!("{found:?} {identities:?}").contains("alice"));
}

#[tokio::test]
async fn l08_what_is_known_of_another_person_does_not_open_here() {
    let (world, identities) = scene().await;
    let record =
        world.store.get(ThirdPartyIdentities::TABLE, session().as_key()).await.unwrap().unwrap().record;
    let elsewhere = SessionKey::new([9]).unwrap();
    world.store.put(ThirdPartyIdentities::TABLE, elsewhere.as_key(), record).await.unwrap();
    let error = identities.find(&elsewhere).await.unwrap_err();
    assert_eq!(error, ThirdPartyIdentityError::Sealed(OpenError::Forged));
}

#[tokio::test]
async fn l08_what_was_known_of_a_person_before_does_not_open_again() {
    let (world, identities) = scene().await;
    let (store, table) = (world.store.as_ref(), ThirdPartyIdentities::TABLE);
    let earlier = body_of(store, table, session().as_key()).await;
    let found = identities.find(&session()).await.unwrap().unwrap();
    assert!(identities.replace(&session(), &found, &said("no group any more")).await.unwrap());
    let present = body_of(store, table, session().as_key()).await;

    put_body(store, table, session().as_key(), earlier).await;
    let error = identities.find(&session()).await.unwrap_err();
    assert_eq!(error, ThirdPartyIdentityError::Sealed(OpenError::Forged));
    put_body(store, table, session().as_key(), present).await;
    assert_eq!(identities.find(&session()).await.unwrap().unwrap().identity, said("no group any more"));
}

#[tokio::test]
async fn l10_a_lost_key_is_named_and_a_new_one_takes_over() {
    let (world, _) = scene().await;
    let find = async |ring: KeyRing| {
        let identities = ThirdPartyIdentities::new(world.store.clone(), Arc::new(ring));
        identities.find(&session()).await.map(|it| it.map(|it| it.identity))
    };
    let missing = ThirdPartyIdentityError::Sealed(OpenError::MissingKey(master(1).id()));
    assert_eq!(find(KeyRing::new(&master(2), []).unwrap()).await, Err(missing));
    KeyRing::new(&master(2), [master(1)]).unwrap().reseal(world.store.as_ref(), |_| {}).await.unwrap();
    assert_eq!(find(KeyRing::new(&master(2), []).unwrap()).await, Ok(Some(said("alice@example.org"))));
}

#[tokio::test]
async fn g27_a_store_in_trouble_is_an_error_and_not_an_unknown_person() {
    let store = Arc::new(FaultyStore::new(Arc::new(MemoryStore::new())));
    let ring = Arc::new(KeyRing::new(&master(1), []).unwrap());
    let identities = ThirdPartyIdentities::new(store.clone(), ring);
    assert!(identities.find(&session()).await.unwrap().is_none());
    store.set_down(true);
    assert!(matches!(identities.find(&session()).await, Err(ThirdPartyIdentityError::Store(_))));
    let kept = identities.store(&session(), &said("x"), NOW).await;
    assert!(matches!(kept, Err(ThirdPartyIdentityError::Store(_))));
}
