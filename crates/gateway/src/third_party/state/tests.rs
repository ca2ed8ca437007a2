use std::{fs, path::Path, time::Duration};

use oauth_types::{ManualClock, SystemEntropy};
use token_manager::Liveness;

use super::*;
use crate::third_party::testing::*;

fn redb(path: &Path) -> StateSettings {
    settings(StorageSettings::Redb(RedbSettings::new(path)))
}

async fn open(settings: StateSettings) -> Result<(State, Work), OpenStateError> {
    opened(settings, StateFile::MustBeThere).await
}

async fn opened(settings: StateSettings, state_file: StateFile) -> Result<(State, Work), OpenStateError> {
    State::open(settings, state_file, Arc::new(ManualClock::new(NOW)), Arc::new(SystemEntropy)).await
}

#[tokio::test]
async fn l05_l07_l15_a_store_is_opened_by_its_key_and_by_one_process() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.redb");
    assert!(matches!(open(redb(&path)).await, Err(OpenStateError::Missing(it)) if it == path));
    assert!(!path.exists());
    let (state, work) = opened(redb(&path), StateFile::MayBeMade).await.unwrap();
    let jwks = state.signing_keys.jwks();
    let mut second = redb(&path);
    if let StorageSettings::Redb(redb) = &mut second.storage {
        redb.lock_wait = Duration::ZERO;
    }
    assert!(matches!(open(second).await, Err(OpenStateError::Open(OpenError::Locked { .. }))));
    work.spawn().stop().await;
    drop(state);

    let before = fs::read(&path).unwrap();
    for state_file in [StateFile::MustBeThere, StateFile::MayBeMade] {
        let foreign = StateSettings { ring: KeyRing::new(&master_key(2), []).unwrap(), ..redb(&path) };
        let refused = opened(foreign, state_file).await;
        assert!(matches!(refused, Err(OpenStateError::KeyRing(KeyRingError::MissingKey(_)))));
        assert!(fs::read(&path).unwrap() == before, "a wrong key changes nothing");
    }
    let (state, work) = open(redb(&path)).await.unwrap();
    assert_eq!(state.signing_keys.jwks(), jwks);
    drop((state, work));
    let both = KeyRing::new(&master_key(2), [master_key(1)]).unwrap();
    let rotated = StateSettings { ring: both, ..redb(&path) };
    assert_eq!(opened(rotated, StateFile::MayBeMade).await.unwrap().0.signing_keys.jwks(), jwks);
}

#[tokio::test]
async fn l07_a_store_that_was_made_belongs_to_its_key_and_is_made_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.redb");
    let made = |seed| {
        let redb = RedbSettings::new(&path);
        async move { make_store(&redb, &KeyRing::new(&master_key(seed), []).unwrap()).await }
    };
    assert!(made(1).await.unwrap());
    let before = fs::read(&path).unwrap();
    assert!(!made(1).await.unwrap() && !made(2).await.unwrap());
    assert!(fs::read(&path).unwrap() == before);
    let foreign = StateSettings { ring: KeyRing::new(&master_key(2), []).unwrap(), ..redb(&path) };
    assert!(matches!(open(foreign).await, Err(OpenStateError::KeyRing(KeyRingError::MissingKey(_)))));
    drop(open(redb(&path)).await.unwrap());
}

#[tokio::test]
async fn grants_outlive_the_process_that_made_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.redb");
    let clock = Arc::new(ManualClock::new(NOW));
    let new = |session| token_manager::NewGrant {
        client_id: client(),
        principal: person("1"),
        redirect_uri: "http://127.0.0.1/callback".parse().unwrap(),
        scope: "mcp".parse().unwrap(),
        resource: RESOURCE.parse().unwrap(),
        code_challenge: oauth_types::CodeChallenge::of(&"v".repeat(43).parse().unwrap()),
        session,
        refreshable: true,
        key: None,
    };
    let (grant, code) = {
        let (state, work) =
            State::open(redb(&path), StateFile::MayBeMade, clock.clone(), Arc::new(SystemEntropy))
                .await
                .unwrap();
        let tasks = work.spawn();
        let issued = state.foundations.grants.issue_code(new(None)).await.unwrap();
        tasks.stop().await;
        issued
    };
    let again = State::open(redb(&path), StateFile::MustBeThere, clock, Arc::new(SystemEntropy)).await;
    let (state, _work) = again.unwrap();
    let client = client();
    let check = oauth_server::CodeCheck {
        client_id: &client,
        redirect_uri: Some("http://127.0.0.1/callback"),
        code_verifier: Some(&"v".repeat(43)),
        resources: &[],
        proof: None,
        is_public: true,
    };
    oauth_server::GrantPort::redeem(&state.grant_access(), code.expose(), check).await.unwrap();
    assert_eq!(state.foundations.grants.is_live(&grant), Liveness::Live);
}

#[tokio::test]
async fn the_validator_follows_the_rotation_of_signing_keys() {
    let mut world = World::new().await;
    let tasks = world.spawn();
    let before = format!("{:?}", world.state.keys);
    // The first key signs for 30 days; the one after it is published ahead, and put in force here.
    world.advance(2 * 24 * 3600);
    world.state.signing_keys.rotate().await.unwrap();
    let (_, _, tokens) = world.live("1").await;
    for _ in 0..1_000 {
        if format!("{:?}", world.state.keys) != before {
            break;
        }
        tokio::task::yield_now().await;
    }
    let read = oauth_server::GrantPort::introspect(&world.access, tokens.access_token.expose()).await;
    assert!(read.unwrap().is_some());
    assert_ne!(format!("{:?}", world.state.keys), before);
    tasks.stop().await;
}

#[tokio::test]
async fn k09_who_hears_of_no_other_gateway_is_not_ready() {
    let store = Arc::new(MemoryStore::new());
    let (clock, entropy) = (Arc::new(ManualClock::new(NOW)), Arc::new(SystemEntropy));
    let stores = Stores { feed: Some(store.clone()), ..Stores::of_one_process(store) };
    let mut settings = settings(StorageSettings::Memory);
    settings.grants.stale_after = Duration::from_secs(1);
    let (state, _) = State::on(stores, settings, clock, entropy).await.unwrap();
    assert_eq!(state.hindrance().now(), None);
    // Nobody follows, as if the feed had broken.
    tokio::time::sleep(Duration::from_millis(1100)).await;
    let hindrance = state.hindrance().now().unwrap();
    assert!(hindrance.contains("other gateways"), "{hindrance}");
}

#[test]
fn o18_what_a_running_process_keeps_is_named() {
    let present = settings(StorageSettings::Memory).opened();
    let check = |change: fn(&mut StateSettings), expected: &[&str]| {
        let mut new = settings(StorageSettings::Memory);
        change(&mut new);
        assert_eq!(present.needs_restart(&new.opened()), expected);
    };
    check(|_| {}, &[]);
    check(|it| it.storage = StorageSettings::Redb(RedbSettings::new("x")), &["third_party.storage"]);
    check(|it| it.ring = KeyRing::new(&master_key(2), [master_key(1)]).unwrap(), &[]);
    check(|it| it.grants.code_lifetime = Duration::from_secs(30), &["the lifetimes of grants and tokens"]);
    check(|it| it.sessions.max_grants = 1, &["third_party.sessions"]);
}

#[cfg(feature = "postgres")]
#[tokio::test(flavor = "multi_thread")]
async fn l05_l07_a_gateway_begins_in_a_database_only_when_somebody_says_so() {
    let server = test_support::postgres::PostgresServer::shared();
    let database = || crate::third_party::database::settings(&server.database()).unwrap();
    let in_it = |database: &DatabaseSettings| settings(StorageSettings::Shared(database.clone()));
    let (ours, another) = (database(), database());
    for _ in 0..2 {
        assert!(matches!(open(in_it(&ours)).await, Err(OpenStateError::EmptyDatabase)), "nothing was made");
    }
    let ring = |seed| KeyRing::new(&master_key(seed), []).unwrap();
    assert!(begin_in(&ours, &ring(1)).await.unwrap());
    assert!(!begin_in(&ours, &ring(1)).await.unwrap() && !begin_in(&ours, &ring(2)).await.unwrap());
    let foreign = || StateSettings { ring: ring(2), ..in_it(&ours) };
    for state_file in [StateFile::MustBeThere, StateFile::MayBeMade] {
        let refused = opened(foreign(), state_file).await;
        assert!(matches!(refused, Err(OpenStateError::KeyRing(KeyRingError::MissingKey(_)))));
    }
    let first = open(in_it(&ours)).await.unwrap().0;
    let second = open(in_it(&ours)).await.unwrap().0;
    assert_eq!(
        first.signing_keys.jwks(),
        second.signing_keys.jwks(),
        "both are the same authorization server"
    );
    let begun = opened(in_it(&another), StateFile::MayBeMade).await.unwrap().0;
    assert_ne!(begun.signing_keys.jwks(), first.signing_keys.jwks(), "another database is another one");
}

#[cfg(feature = "postgres")]
#[test]
fn o18_another_database_and_another_password_are_noticed() {
    let at = |url| {
        let database = crate::third_party::database::settings(url).unwrap();
        settings(StorageSettings::Shared(database)).opened()
    };
    let present = at("postgres://gateway:sesame@localhost/gateway");
    let check = |url, expected: &[&str]| assert_eq!(present.needs_restart(&at(url)), expected, "{url}");
    check("postgres://gateway:sesame@localhost/gateway", &[]);
    check("postgres://gateway:another@localhost/gateway", &["third_party.storage"]);
    check("postgres://gateway:sesame@localhost/another", &["third_party.storage"]);
    assert!(!format!("{present:?}").contains("sesame"), "{present:?}");
}
