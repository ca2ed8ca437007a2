use crate::config::{
    Account, Allow, Config, Provider, ProviderPreset, ThirdParty,
    report::{KeyPath, Problem},
};

/// Who may sign in is said, not left to chance.
pub(super) fn check(_: &Config, third_party: &ThirdParty) -> Result<(), Problem> {
    for (section, it) in super::providers(third_party) {
        let key = section.key("allow");
        match &it.allow {
            None if it.is_local() => {}
            None => return Err(Problem::new(key, MISSING)),
            Some(rules) if rules.is_empty() => return Err(Problem::new(key, MISSING)),
            Some(rules) => one(&key, rules, |name, rule| of_provider(it, name, rule))?,
        }
    }
    Ok(())
}

/// Rules by themselves, each of which `judge` judges by the name of its list, too.
pub(super) fn one(
    key: &KeyPath,
    rules: &Allow,
    judge: impl Fn(&str, &str) -> Result<(), &'static str>,
) -> Result<(), Problem> {
    for (name, list) in rules.lists() {
        for rule in list {
            let refuse = |message: &str| Err(Problem::new(key.key(name), format!("`{rule}` {message}")));
            exact(rule).or_else(refuse)?;
            if name == "email_domains" && (rule.contains('@') || !rule.contains('.')) {
                return refuse("is no domain: write it without `@`, such as `example.com`");
            }
            judge(name, rule).or_else(refuse)?;
        }
    }
    let narrower = rules.lists().into_iter().find(|(name, list)| *name != "tenants" && !list.is_empty());
    match narrower {
        Some((name, _)) if rules.everybody => {
            let message = format!("lets everybody in, so `{name}` would be of no use: remove one of them");
            Err(Problem::new(key.key("everybody"), message))
        }
        _ => Ok(()),
    }
}

/// What a rule compares is written in full.
pub(super) fn exact(rule: &str) -> Result<(), &'static str> {
    if rule.trim().is_empty() || rule.trim() != rule || rule.chars().any(char::is_control) {
        return Err("is empty, or has blanks around it");
    }
    if rule.contains('*') {
        return Err("has a wildcard, and rules are compared exactly: write each one");
    }
    Ok(())
}

/// What is known of the people of a provider.
fn of_provider(provider: &Provider, name: &str, rule: &str) -> Result<(), &'static str> {
    match name {
        "users" if provider.is_local() => local_user(provider, rule),
        "groups" if provider.is_local() => local_group(provider, rule),
        "users" => no_login(provider.preset, rule),
        _ => Ok(()),
    }
}

/// A rule about a user is no name used to sign in.
pub(super) fn no_login(preset: ProviderPreset, rule: &str) -> Result<(), &'static str> {
    if is_login(preset, rule) {
        return Err("looks like a name used to sign in, which changes hands: \
             write the stable user id, or a verified e-mail address");
    }
    Ok(())
}

/// `@octocat`, which no id and no address begins with, or anything but a number where ids are numbers.
fn is_login(preset: ProviderPreset, rule: &str) -> bool {
    let ids_are_numbers = matches!(
        preset,
        ProviderPreset::Github | ProviderPreset::GithubApp | ProviderPreset::Gitlab | ProviderPreset::Discord
    );
    let is_number = rule.bytes().all(|it| it.is_ascii_digit());
    rule.starts_with('@') || (ids_are_numbers && !is_number && !rule.contains('@'))
}

/// A rule for built-in accounts that is none of them lets nobody in.
fn local_user(provider: &Provider, rule: &str) -> Result<(), &'static str> {
    let is_of = |it: &Account| it.username == rule || it.email.as_deref() == Some(rule);
    if provider.accounts.iter().any(is_of) { Ok(()) } else { Err("is none of the accounts") }
}

fn local_group(provider: &Provider, rule: &str) -> Result<(), &'static str> {
    if provider.accounts.iter().any(|it| it.groups.contains(rule)) {
        Ok(())
    } else {
        Err("is a group of none of the accounts")
    }
}

pub(super) const MISSING: &str = "lets nobody sign in: name `users`, `email_domains`, `organizations`, `teams`, `groups` \
    or `tenants`, or write `{ everybody = true }`";
