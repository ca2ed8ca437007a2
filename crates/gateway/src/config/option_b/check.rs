use oauth_client::{
    EmailAddress, InvalidSettings, Lookups, ProviderSettings,
    local::{InvalidPasswordHash, PasswordHash},
};

use super::providers::{allow_rules, settings};
use crate::config::{
    Account, Config, Provider, ThirdParty,
    check::third_party::providers,
    report::{KeyPath, Problem},
};

/// What the crates that do it have against the section.
pub(in crate::config) fn check(_: &Config, third_party: &ThirdParty) -> Result<(), Problem> {
    for (section, it) in providers(third_party) {
        for (index, account) in it.accounts.iter().enumerate() {
            self::account(&section.key("account").index(index), account)?;
        }
        let Some(settings) = settings(it, it.client_secret.as_ref().map(|_| "unread")) else {
            rules(&section, it, Lookups { email: true, groups: true, ..Lookups::default() })?;
            continue;
        };
        settings.check().map_err(|error| {
            let key = key_of(&section, &error);
            Problem::new(key, error)
        })?;
        rules(&section, it, ProviderSettings::tells(&settings))?;
    }
    Ok(())
}

fn account(section: &KeyPath, account: &Account) -> Result<(), Problem> {
    let hash: Result<PasswordHash, InvalidPasswordHash> = account.password_hash.as_str().parse();
    hash.map_err(|error| Problem::new(section.key("password_hash"), error))?;
    match account.email.as_deref().map(str::parse::<EmailAddress>) {
        Some(Err(error)) => Err(Problem::new(section.key("email"), error)),
        _ => Ok(()),
    }
}

/// A rule about something that nobody tells would let nobody in.
fn rules(section: &KeyPath, it: &Provider, told: Lookups) -> Result<(), Problem> {
    let wanted = allow_rules(it).lookups();
    let email = if it.allow.as_ref().is_some_and(|it| it.email_domains.is_empty()) {
        "users"
    } else {
        "email_domains"
    };
    let rows = [
        (email, wanted.email && !told.email, "verified e-mail addresses"),
        ("organizations", wanted.organizations && !told.organizations, "organisations"),
        ("teams", wanted.teams && !told.teams, "teams"),
        ("groups", wanted.groups && !told.groups, "groups"),
        ("tenants", wanted.tenant && !told.tenant, "tenants"),
    ];
    match rows.into_iter().find(|(_, is_in_vain, _)| *is_in_vain) {
        None => Ok(()),
        Some((name, _, what)) => {
            let message = format!(
                "preset `{}` tells no {what}, so nobody would match: use another rule, \
                or say in `claims` where they are",
                it.preset
            );
            Err(Problem::new(section.key("allow").key(name), message))
        }
    }
}

/// The key that an error is about.
fn key_of(section: &KeyPath, error: &InvalidSettings) -> KeyPath {
    match error {
        InvalidSettings::Local => section.key("preset"),
        InvalidSettings::IssuerMissing | InvalidSettings::IssuerUnused => section.key("issuer"),
        InvalidSettings::EndpointMissing(name) | InvalidSettings::EndpointForbidden(name) => {
            section.key("endpoints").key(name)
        }
        InvalidSettings::SecretMissing => section.key("client_secret"),
        InvalidSettings::Tenant | InvalidSettings::TenantUnused => section.key("tenant"),
        InvalidSettings::ReservedParameter(name) => section.key("authorize_parameters").key(name),
        InvalidSettings::SubjectFixed => section.key("claims").key("subject"),
        InvalidSettings::Scope => section.key("scopes"),
    }
}
