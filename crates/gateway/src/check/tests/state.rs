//! The state file and its master key.

use std::{fs, path::Path, sync::Arc};

use base64::Engine;
use oauth_types::{ManualClock, SystemEntropy, UnixTime};
use storage::{Key, Record, RecordStore, RedbSettings, RedbStore, Table};
use tempfile::TempDir;
use test_support::{issuer::NOW, log};
use token_manager::{KeyRing, MasterKey, SealContext, ThirdPartyTokens};

use super::codes;
use crate::{
    check::Findings,
    config::{Config, Loaded},
    serve::StateFile,
    third_party::{Resident, look_at_state},
};

const MASTER: &str = "9LSWqdO3zQ1Y5tRZxk7mVb2uJ0cHnE8gPa6fTIwDyKo=";
const OTHER_MASTER: &str = "b3f1c07d6a2e984512fd7e30c9a8b1645fe20d738c4bb6aa19e7f3502d8c6491";

fn load(folder: &Path, master: &str) -> Loaded {
    let text = "public_url = \"http://127.0.0.1:8443\"\nlisten = { address = \"127.0.0.1:8443\" }\n\
         [[server]]\npath = \"/mcp\"\nscopes = [\"mcp\"]\n\
         upstream = { http = \"http://127.0.0.1:3000/mcp\" }\n\
         [third_party]\nstorage = { redb = \"state.redb\" }\nmaster_key = { env = \"MASTER\" }\n\
         [[third_party.provider]]\nid = \"staff\"\npreset = \"local\"\n\
         [[third_party.provider.account]]\nusername = \"alice\"\npassword_hash = \"$argon2id$v=19$m=19456,\
         t=2,p=1$wwICYHBcIpWofTHVvgnUAQ$1NFz5pYdx7UsR4iYIkZ4L/8k2EynxmGpZ8yyDfaDzDA\"\n";
    let path = folder.join("gateway.toml");
    fs::write(&path, text).unwrap();
    let environment = |name: &str| (name == "MASTER").then(|| master.to_owned());
    Config::load(&path, &environment).unwrap_or_else(|error| panic!("{error}"))
}

#[track_caller]
fn check(findings: &Findings, code: &str, words: &str) {
    assert_eq!(codes(findings), [code], "{findings}");
    assert!(findings.to_string().contains(words), "{findings}");
}

#[tokio::test]
async fn l05_l15_the_state_is_looked_at_and_left_as_it_is() {
    let folder = TempDir::new().unwrap();
    let (ours, other) = (load(folder.path(), MASTER), load(folder.path(), OTHER_MASTER));
    let file = folder.path().join("state.redb");
    check(&look_at_state(&ours).await, "state_new", "`serve` refuses to start");
    assert!(!file.exists());

    let clock = Arc::new(ManualClock::new(UnixTime::from_seconds(NOW)));
    let entropy = Arc::new(SystemEntropy);
    let gateway = Resident::open(&ours, StateFile::MayBeMade, clock, entropy).await.unwrap();
    check(&look_at_state(&ours).await, "state_not_seen", "a running gateway has");
    gateway.stop().await;

    let before = fs::read(&file).unwrap();
    check(&look_at_state(&ours).await, "state_opens", "open all 2 sealed records");
    check(&look_at_state(&other).await, "master_key_wrong", "needs the master key");
    assert!(fs::read(&file).unwrap() == before, "untouched");

    let store = RedbStore::open(&RedbSettings::new(&file)).unwrap();
    let table = ThirdPartyTokens::TABLE;
    let rotten = Record::new(table, UnixTime::from_seconds(NOW), "rotten");
    store.put(table, &Key::of(*b"a session"), rotten).await.unwrap();
    drop(store);
    check(&look_at_state(&ours).await, "sealed_unopened", "1 of third_party_tokens");

    // Put back by somebody: no key is missing.
    let store = RedbStore::open(&RedbSettings::new(&file)).unwrap();
    let [(key, check_record)] = &store.scan(KeyRing::TABLE, None, 2).await.unwrap()[..] else { panic!() };
    store.put(KeyRing::TABLE, key, check_record.record.clone()).await.unwrap();
    drop(store);
    check(&look_at_state(&ours).await, "state_unusable", "not sealed for this record as it stands");

    fs::write(&file, &before[..before.len() / 2]).unwrap();
    check(&look_at_state(&ours).await, "state_unusable", "damaged");
}

/// As an earlier version left it: its check record names no write.
#[tokio::test]
async fn l08_a_start_with_a_store_of_an_earlier_version_says_what_to_do() {
    let folder = TempDir::new().unwrap();
    let ours = load(folder.path(), MASTER);
    let start = async |state_file| {
        log::listen("gateway::third_party::state");
        let _ = log::take();
        let clock = Arc::new(ManualClock::new(UnixTime::from_seconds(NOW)));
        let entropy = Arc::new(SystemEntropy);
        Resident::open(&ours, state_file, clock, entropy).await.unwrap().stop().await;
        log::take().iter().filter(|it| it.message.contains("mcp-gateway keys reseal")).count()
    };
    assert_eq!(start(StateFile::MayBeMade).await, 0);

    let store = RedbStore::open(&RedbSettings::new(folder.path().join("state.redb"))).unwrap();
    let master = MasterKey::new(&base64::engine::general_purpose::STANDARD.decode(MASTER).unwrap()).unwrap();
    let ring = KeyRing::new(&master, []).unwrap();
    let [(key, found)] = &store.scan(KeyRing::TABLE, None, 2).await.unwrap()[..] else { panic!() };
    let opened =
        ring.open(SealContext::of_write(KeyRing::TABLE, key, found.revision), 2, &found.record.body).unwrap();
    let older = SealContext::of_record(Table::new(KeyRing::TABLE.name(), 1), key);
    let body = ring.seal(older, &opened.plaintext).unwrap();
    store.put(KeyRing::TABLE, key, Record { format: 1, body, ..found.record.clone() }).await.unwrap();
    drop(store);
    assert_eq!(start(StateFile::MustBeThere).await, 1);
}
