use oauth_client::{
    EmailAddress, InvalidSettings, Lookups,
    local::{InvalidPasswordHash, PasswordHash},
};

use serde_json::Value;

use super::providers::{allow_rules, settings};
use crate::config::{
    Account, Config, Membership, MembershipName, Provider, RuleAllow, ThirdParty,
    check::third_party::{providers, rule_claims},
    report::{KeyPath, Problem},
};
use crate::third_party::database;

/// What the crates that do it have against the section.
pub(in crate::config) fn check(config: &Config, third_party: &ThirdParty) -> Result<(), Problem> {
    for (section, it) in providers(third_party) {
        for (index, account) in it.accounts.iter().enumerate() {
            self::account(&section.key("account").index(index), account)?;
        }
        let Some(settings) = settings(it, it.client_secret.as_ref().map(|_| "unread")) else {
            let told = Lookups { email: true, groups: true, ..Lookups::default() };
            rules(&section, it, told)?;
            rules_of_servers(config, it, told)?;
            continue;
        };
        settings.check().map_err(|error| {
            let key = key_of(&section, &error);
            Problem::new(key, error)
        })?;
        rules(&section, it, settings.tells())?;
        rules_of_servers(config, it, settings.tells())?;
    }
    Ok(())
}

/// Whether the state may be in the database at `url`.
pub(in crate::config) fn check_database(url: &str) -> Result<(), String> {
    database::settings(url).map(drop)
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
        Some((name, _, what)) => Err(Problem::new(section.key("allow").key(name), in_vain(it, what))),
    }
}

/// The same for what rules of servers say of the people of a provider.
fn rules_of_servers(config: &Config, it: &Provider, told: Lookups) -> Result<(), Problem> {
    for (key, name, value) in rule_claims(config) {
        let Some(membership) = Membership::of(name) else { continue };
        let (is_told, what) = match membership {
            Membership::Groups => (told.groups, "groups"),
            Membership::Organizations => (told.organizations, "organisations"),
            Membership::Teams => (told.teams, "teams"),
        };
        let is_of = |text: &str| text.parse().is_ok_and(|name: MembershipName| name.provider == it.id);
        let named = RuleAllow::values(value).iter().filter_map(Value::as_str).find(|it| is_of(it));
        if let Some(named) = named.filter(|_| !is_told) {
            return Err(Problem::new(key, format!("`{named}`: {}", in_vain(it, what))));
        }
    }
    Ok(())
}

fn in_vain(it: &Provider, what: &str) -> String {
    let otherwise = if it.is_local() { "" } else { ", or say in `claims` of the provider where they are" };
    format!("preset `{}` tells no {what}, so nobody would match: use another rule{otherwise}", it.preset)
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
