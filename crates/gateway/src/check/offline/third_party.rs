use std::collections::BTreeSet;

use crate::{
    check::{FindingCode, Findings, subject},
    config::{Config, Provider, Storage, ThirdParty},
};

/// What Option B means, and what is bold about it.
pub(super) fn check(config: &Config, findings: &mut Findings) {
    let Some(third_party) = &config.third_party else { return };
    findings.add(FindingCode::OptionB, "third_party", summary(config, third_party));
    if third_party.storage == Storage::Memory {
        let message = "everything is forgotten when the process stops";
        findings.add(FindingCode::StorageMemory, "third_party.storage", message);
    }
    clients(third_party, findings);
    scopes(config, findings);
    groups(config, third_party, findings);
    for (index, it) in third_party.providers.iter().enumerate() {
        provider(config, it, &subject::provider(index), findings);
    }
}

fn summary(config: &Config, third_party: &ThirdParty) -> String {
    let storage = match &third_party.storage {
        Storage::Redb(path) => format!("state in {}, for one process at a time", path.display()),
        Storage::Postgres(_) => "state in a database, for several gateways".to_owned(),
        Storage::Memory => "state in memory".to_owned(),
    };
    format!(
        "issuer {}; {storage}; access tokens for {}; grants end after {} unused, after {} in any case",
        config.public_url,
        third_party.access_token_lifetime,
        third_party.idle_timeout,
        third_party.absolute_timeout
    )
}

fn clients(third_party: &ThirdParty, findings: &mut Findings) {
    let can_come = third_party.registration.enabled
        || third_party.client_metadata_documents.enabled
        || third_party
            .clients
            .iter()
            .any(|it| !it.redirect_uris.is_empty() || it.client_credentials.is_some());
    if !can_come {
        let message = "registration and client ID metadata documents are off, and no configured client signs in or acts for itself";
        findings.add(FindingCode::ClientsShutOut, "third_party.registration", message);
    }
}

fn scopes(config: &Config, findings: &mut Findings) {
    for (index, server) in config.servers.iter().enumerate() {
        let missing = server.known_scopes().filter(|it| !server.scope_descriptions.contains_key(*it));
        let missing: BTreeSet<_> = missing.map(ToString::to_string).collect();
        let missing: Vec<_> = missing.into_iter().collect();
        if !missing.is_empty() {
            let key = format!("{}.scope_descriptions", subject::server(index));
            let message = format!("the consent page shows {} by name", missing.join(" "));
            findings.add(FindingCode::ScopeWordsMissing, key, message);
        }
    }
}

/// Groups of built-in accounts that rules name and no account is in.
fn groups(config: &Config, third_party: &ThirdParty, findings: &mut Findings) {
    for (index, server) in config.servers.iter().enumerate() {
        let named: BTreeSet<_> = server.memberships().map(|(_, it)| it).collect();
        for it in named {
            let accounts = third_party.providers.iter().find(|own| own.is_local() && own.id == it.provider);
            if accounts.is_some_and(|own| !own.accounts.iter().any(|one| one.groups.contains(&it.name))) {
                let message = format!("a rule names `{it}`, and no account is in that group");
                findings.add(
                    FindingCode::RuleGroupEmpty,
                    format!("{}.rule", subject::server(index)),
                    message,
                );
            }
        }
    }
}

fn provider(config: &Config, it: &Provider, subject: &str, findings: &mut Findings) {
    if it.allow.as_ref().is_some_and(|it| it.everybody) && !it.is_local() {
        let message = format!("everybody whom {} knows may sign in", it.preset);
        findings.add(FindingCode::ProviderEverybody, format!("{subject}.allow.everybody"), message);
    }
    let Some(callback) = config.callback(it) else {
        return local(config, it, subject, findings);
    };
    let name = it.own_name().unwrap_or(it.preset.as_str());
    let message = format!("register this redirect URI at {name}: {callback}");
    findings.add(FindingCode::ProviderCallback, subject, message);
    if it.client_secret.is_none() {
        let message = "the gateway has no secret there";
        findings.add(FindingCode::ProviderPublicClient, format!("{subject}.client_secret"), message);
    }
    if it.pkce == Some(false) {
        let message = "PKCE is switched off";
        findings.add(FindingCode::ProviderPkceOff, format!("{subject}.pkce"), message);
    }
}

fn local(config: &Config, it: &Provider, subject: &str, findings: &mut Findings) {
    let message = format!("{} built-in account(s)", it.accounts.len());
    findings.add(FindingCode::LocalAccounts, subject, message);
    if !config.public_url.is_https() {
        let message = format!("passwords are typed into pages of {}", config.public_url);
        findings.add(FindingCode::PasswordsPlainHttp, subject, message);
    }
}
