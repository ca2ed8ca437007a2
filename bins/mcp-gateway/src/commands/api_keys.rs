use gateway::{
    api_keys::{
        self, AddedKey, ApiKeyError, Clock, KeyState, ListedKey, NewKey, RevokedKey, SystemClock,
        SystemEntropy,
    },
    config::Config,
};

use super::{
    Failure,
    output::{print, shown, table, time},
};
use crate::arguments::{AddKeyArguments, ApiKeysArguments, ApiKeysCommand};

/// Makes, lists or ends API keys, in the file that the configuration names.
pub(crate) fn api_keys(command: ApiKeysCommand) -> Result<(), Failure> {
    let now = SystemClock::new().now();
    match command {
        ApiKeysCommand::Add(AddKeyArguments { label, scope, expires, keys }) => {
            let (config, server) = read(&keys)?;
            let new = NewKey { label, scopes: scope, lifetime: expires.0.map(Into::into) };
            let added = api_keys::add(&config, server, new, now, &SystemEntropy)?;
            print(keys.json, &added, words)
        }
        ApiKeysCommand::List { keys } => {
            let (config, server) = read(&keys)?;
            print(keys.json, &api_keys::list(&config, server, now)?, |it| listed(it))
        }
        ApiKeysCommand::Revoke { id, keys } => {
            let (config, server) = read(&keys)?;
            print(keys.json, &api_keys::revoke(&config, server, &id, now)?, revoked)
        }
    }
}

fn read(keys: &ApiKeysArguments) -> Result<(Config, Option<&str>), Failure> {
    Ok((Config::read(&keys.config)?, keys.server.as_deref()))
}

/// The key alone on its line, so that it can be cut out.
fn words(added: &AddedKey) -> String {
    let end =
        added.expires_at.map_or_else(|| "without an end".to_owned(), |it| format!("until {}", time(it)));
    format!(
        "{}\nThis is the key {} for {}, good {end}. It is not shown again.\n",
        added.key.expose(),
        added.id,
        added.server,
    )
}

fn listed(keys: &[ListedKey]) -> String {
    let rows: Vec<_> = keys
        .iter()
        .map(|it| {
            let state = match it.state {
                KeyState::Live => "live",
                KeyState::Expired => "expired",
                KeyState::Revoked => "revoked",
            };
            let scopes: Vec<_> = it.scopes.iter().map(ToString::to_string).collect();
            [
                it.id.to_string(),
                it.server.clone(),
                state.to_owned(),
                it.expires_at.map_or_else(|| "-".to_owned(), time),
                it.used_at.map_or_else(|| "-".to_owned(), time),
                scopes.join(" "),
                shown(Some(&it.label)),
            ]
        })
        .collect();
    table(["ID", "SERVER", "STATE", "EXPIRES", "LAST USED", "SCOPES", "LABEL"], &rows)
}

fn revoked(key: &RevokedKey) -> String {
    let RevokedKey { id, server, already } = key;
    if *already {
        format!("the key {id} of {server} was revoked before\n")
    } else {
        format!("revoked the key {id} of {server}; a gateway that serves refuses it within seconds\n")
    }
}

impl From<ApiKeyError> for Failure {
    fn from(error: ApiKeyError) -> Self {
        Self::asked(error)
    }
}
