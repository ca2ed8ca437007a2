use std::collections::BTreeSet;

use super::words;
use crate::config::{
    Account, Config, ThirdParty,
    report::{KeyPath, Problem},
};

/// Built-in accounts: at least one, each with a name of its own that can be typed.
pub(super) fn check(_: &Config, third_party: &ThirdParty) -> Result<(), Problem> {
    for (section, it) in super::providers(third_party).filter(|(_, it)| it.is_local()) {
        if it.accounts.is_empty() {
            let message = "has no account, so nobody could sign in: write `[[third_party.provider.account]]` \
                with `username` and `password_hash`";
            return Err(Problem::new(section, message));
        }
        let mut seen = BTreeSet::new();
        for (index, account) in it.accounts.iter().enumerate() {
            let section = section.key("account").index(index);
            one(&section, account)?;
            if !seen.insert(&account.username) {
                let message = "is there twice: give each account a name of its own";
                return Err(Problem::new(section.key("username"), message));
            }
        }
    }
    Ok(())
}

fn one(section: &KeyPath, account: &Account) -> Result<(), Problem> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b'@');
    let username = &account.username;
    if !(1..=64).contains(&username.len()) || !username.bytes().all(plain) {
        let message = "must be 1 to 64 letters, digits, `.`, `_`, `-` or `@`";
        return Err(Problem::new(section.key("username"), message));
    }
    match &account.name {
        Some(name) => words(name).map_err(|message| Problem::new(section.key("name"), message)),
        None => Ok(()),
    }
}
