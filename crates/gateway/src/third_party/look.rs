//! The state as `check --online` sees it: opened without touching it, or told by the gateway that has it.

use std::{collections::BTreeMap, path::Path};

use storage::{OpenError, RecordStore, RedbSettings, RedbStore};
use token_manager::{KeyRing, KeyRingError};
use tokio::task;

use outbound_http::causes;

use super::{
    admin::{Channel, LET_GO_WITHIN, Nothing, SealedSecrets, command},
    database::{Database, DatabaseSettings},
};
use crate::{
    check::{FindingCode, Findings},
    config::{Loaded, LoadedThirdParty, StorageSettings},
};

/// Whether the state can be opened, and everything sealed in it with the master keys of `loaded`.
pub(crate) async fn look_at_state(loaded: &Loaded) -> Findings {
    let mut findings = Findings::default();
    let Some(third_party) = loaded.third_party() else { return findings };
    match third_party.storage() {
        StorageSettings::Redb(redb) => look_at_file(loaded, third_party, redb, &mut findings).await,
        StorageSettings::Shared(database) => look_at_database(third_party, &database, &mut findings).await,
        StorageSettings::Memory => {}
    }
    findings
}

async fn look_at_database(
    third_party: LoadedThirdParty<'_>,
    settings: &DatabaseSettings,
    findings: &mut Findings,
) {
    match Database::look(settings).await {
        Ok(database) => look(database.store.as_ref(), "the database", third_party, findings).await,
        Err(error) if error.is_empty() => {
            let message = "no gateway has been in the database yet, so `serve` refuses to start";
            findings.add(FindingCode::StateNew, STORAGE, message);
        }
        Err(error) => findings.add(FindingCode::StateUnusable, STORAGE, causes(&error)),
    }
}

async fn look_at_file(
    loaded: &Loaded,
    third_party: LoadedThirdParty<'_>,
    redb: RedbSettings,
    findings: &mut Findings,
) {
    let path = redb.path.clone();
    match opened(redb).await {
        Ok(store) => look(&store, &path.display().to_string(), third_party, findings).await,
        Err(OpenError::Missing(path)) => {
            let message = format!("there is no file at {}, so `serve` refuses to start", path.display());
            findings.add(FindingCode::StateNew, STORAGE, message);
        }
        Err(OpenError::Locked { .. }) => ask(loaded, &path, third_party, findings).await,
        Err(error) => findings.add(FindingCode::StateUnusable, STORAGE, causes(&error)),
    }
}

async fn opened(redb: RedbSettings) -> Result<RedbStore, OpenError> {
    let path = redb.path.clone();
    let settings = RedbSettings { lock_wait: LET_GO_WITHIN, ..redb };
    task::spawn_blocking(move || RedbStore::look(&settings))
        .await
        .unwrap_or_else(|error| Err(OpenError::Damaged { path, reason: error.to_string() }))
}

async fn look(
    store: &dyn RecordStore,
    place: &str,
    third_party: LoadedThirdParty<'_>,
    findings: &mut Findings,
) {
    let Some(ring) = ring(third_party, findings) else { return };
    match ring.check(store).await {
        Ok(()) => {}
        Err(error @ KeyRingError::MissingKey(_)) => {
            return findings.add(FindingCode::MasterKeyWrong, MASTER_KEY, format!("{error}: {place}"));
        }
        Err(error) => return findings.add(FindingCode::StateUnusable, STORAGE, causes(&error)),
    }
    match ring.survey(store).await {
        Ok(found) => judge(&found.into(), place, &ring, findings),
        Err(error) => findings.add(FindingCode::StateUnusable, STORAGE, causes(&error)),
    }
}

/// Asks the gateway that has the file.
async fn ask(loaded: &Loaded, path: &Path, third_party: LoadedThirdParty<'_>, findings: &mut Findings) {
    let Some(ring) = ring(third_party, findings) else { return };
    let not_seen = |why: &str| format!("a running gateway has {}: {why}", path.display());
    let channel = match Channel::to_running(&loaded.config).await {
        Ok(Some(channel)) => channel,
        Ok(None) => {
            let why = not_seen("no gateway answers on the admin socket of this configuration");
            return findings.add(FindingCode::StateNotSeen, STORAGE, why);
        }
        Err(error) => return findings.add(FindingCode::StateNotSeen, STORAGE, not_seen(&causes(&error))),
    };
    match channel.ask(command::SURVEY_SEALED, &Nothing {}, |_| {}).await {
        Ok(found) => judge(&found, &path.display().to_string(), &ring, findings),
        Err(error) => findings.add(FindingCode::StateNotSeen, STORAGE, not_seen(&causes(&error))),
    }
}

fn ring(third_party: LoadedThirdParty<'_>, findings: &mut Findings) -> Option<KeyRing> {
    let ring = third_party.key_ring();
    ring.map_err(|error| findings.add(FindingCode::MasterKeyWrong, MASTER_KEY, causes(&error))).ok()
}

fn judge(found: &SealedSecrets, place: &str, ring: &KeyRing, findings: &mut Findings) {
    let ours: Vec<_> = std::iter::once(ring.current()).chain(ring.older()).map(|it| it.to_string()).collect();
    let lacking = |counts: &BTreeMap<String, u64>, what: &str| {
        let foreign: Vec<_> = counts.iter().filter(|(id, _)| !ours.contains(id)).collect();
        let words = foreign.iter().map(|(id, count)| format!("{count} {what} the master key {id}"));
        words.collect::<Vec<_>>()
    };
    let mut unopened = found.unopened.clone();
    unopened.extend(lacking(&found.opened, "records need"));
    unopened.extend(lacking(&found.grants, "grants have a refresh token of"));
    if unopened.is_empty() {
        let (records, grants): (u64, u64) = (found.opened.values().sum(), found.grants.values().sum());
        let message =
            format!("the master keys open all {records} sealed records of {place}, {grants} grants");
        return findings.add(FindingCode::StateOpens, STORAGE, message);
    }
    for what in unopened {
        let message = format!("what `master_key` and `old_master_keys` do not open of {place}: {what}");
        findings.add(FindingCode::SealedUnopened, MASTER_KEY, message);
    }
}

const STORAGE: &str = "third_party.storage";
const MASTER_KEY: &str = "third_party.master_key";
