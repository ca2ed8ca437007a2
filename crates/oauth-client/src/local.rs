//! Accounts built into the gateway: one person can protect a server without any third party.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
    sync::Arc,
    time::Duration,
};

use oauth_types::{Clock, Entropy, Principal, ProviderId, Subject};

use crate::{Email, EmailAddress, Group, Identity};

mod attempts;
mod password;

use attempts::Attempts;
pub use password::{InvalidPasswordHash, Password, PasswordError, PasswordHash, hash_password};

/// One account.
#[derive(Clone, Debug)]
pub struct LocalAccount {
    /// The name used to sign in: 1 to 64 of letters, digits, `.`, `_`, `-` and `@`; compared byte for byte.
    pub username: String,
    /// The hash of the password.
    pub password: PasswordHash,
    /// A name for people.
    pub name: Option<String>,
    /// An address that the operator vouches for.
    pub email: Option<EmailAddress>,
    /// Groups for allow rules.
    pub groups: BTreeSet<String>,
}

/// Every account, and how often somebody tried.
#[derive(Debug)]
pub struct LocalAccounts {
    provider: ProviderId,
    accounts: BTreeMap<String, LocalAccount>,
    /// The hash that unknown names are compared with, so that they cost as much time as known ones.
    decoy: PasswordHash,
    attempts: Attempts,
    clock: Arc<dyn Clock>,
}

/// Why accounts cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAccounts {
    /// There is none, so nobody could sign in.
    #[error("there is no account")]
    None,
    /// A name is empty, too long or holds another character.
    #[error("the user name `{0}` must be 1 to 64 letters, digits, `.`, `_`, `-` or `@`")]
    Username(String),
    /// Two accounts have one name.
    #[error("the user name `{0}` is there twice")]
    Repeated(String),
}

/// Why somebody is not signed in; neither variant says whether the account exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoginError {
    /// The name or the password is wrong.
    #[error("the user name or the password is wrong")]
    Wrong,
    /// Too many wrong attempts for this account or from this place; the value says when to try again.
    #[error("too many attempts; try again in {0:?}")]
    TooManyAttempts(Duration),
}

impl LocalAccounts {
    /// These accounts, as the third party `provider`.
    ///
    /// # Errors
    /// [`InvalidAccounts`], which names the account.
    pub fn new(
        provider: ProviderId,
        accounts: impl IntoIterator<Item = LocalAccount>,
        clock: Arc<dyn Clock>,
        entropy: &dyn Entropy,
    ) -> Result<Self, InvalidAccounts> {
        let mut known = BTreeMap::new();
        for account in accounts {
            let username = account.username.clone();
            if !is_username(&username) {
                return Err(InvalidAccounts::Username(username));
            }
            if known.insert(username.clone(), account).is_some() {
                return Err(InvalidAccounts::Repeated(username));
            }
        }
        let costliest = known.values().map(|it| &it.password).max_by_key(|it| it.cost());
        let decoy = costliest.ok_or(InvalidAccounts::None)?.decoy(entropy);
        let attempts = Attempts::new(known.keys().cloned(), entropy);
        Ok(Self { provider, accounts: known, decoy, attempts, clock })
    }

    /// Signs somebody in.
    ///
    /// Takes some tens of milliseconds of computing and 19 MiB or more: call it where blocking is allowed, and not
    /// more often at a time than the machine has memory for.
    /// `from` is the address of the browser: an account takes 10 wrong passwords at once from one address and one more
    /// each minute, an address 30 for all accounts and one more each 10 seconds, and an account 1000 in all and one
    /// more each minute from addresses where it did not sign in lately. A network of IPv6 (/64) is one address.
    ///
    /// # Errors
    /// [`LoginError::Wrong`] after the same work whether or not the account exists;
    /// [`LoginError::TooManyAttempts`] without any work.
    pub fn verify(&self, username: &str, password: &Password, from: IpAddr) -> Result<Identity, LoginError> {
        let now = self.clock.now();
        // Counted before the work, so that attempts at the same time count too.
        let attempt = self.attempts.take(username, from, now).map_err(LoginError::TooManyAttempts)?;
        let account = self.accounts.get(username);
        let hash = account.map_or(&self.decoy, |it| &it.password);
        let matches = hash.is_of(password);
        match account {
            Some(account) if matches => {
                let identity = self.identity(account).ok_or(LoginError::Wrong)?;
                self.attempts.give_back(attempt);
                Ok(identity)
            }
            _ => Err(LoginError::Wrong),
        }
    }

    /// The identity of an account, to apply the allow rules again; `None` once the account is gone.
    #[must_use]
    pub fn find(&self, principal: &Principal) -> Option<Identity> {
        if principal.provider != self.provider {
            return None;
        }
        self.identity(self.accounts.get(principal.subject.as_str())?)
    }

    fn identity(&self, account: &LocalAccount) -> Option<Identity> {
        let subject: Subject = account.username.parse().ok()?;
        let principal = Principal { provider: self.provider.clone(), subject };
        Some(Identity {
            name: account.name.clone(),
            login: Some(account.username.clone()),
            email: account.email.clone().map(|address| Email { address, verified: true }),
            groups: account.groups.iter().map(|it| Group::of(it)).collect(),
            ..Identity::of(principal)
        })
    }
}

fn is_username(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b'@');
    (1..=64).contains(&text.len()) && text.bytes().all(plain)
}

#[cfg(test)]
mod tests;
