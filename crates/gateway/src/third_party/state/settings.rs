use session_binding::{BrowserSessionLimits, PendingLimits, ThirdPartySessionLimits};
use storage::RedbSettings;
use token_manager::{GrantSettings, KeyRing, SigningKeySettings, ThirdPartyTokenSettings};

use crate::third_party::database::DatabaseSettings;

/// How a [`State`](super::State) is opened; a running one keeps all of it until the next start.
#[derive(Debug)]
pub(crate) struct StateSettings {
    pub(crate) storage: StorageSettings,
    /// What seals, and what still opens.
    pub(crate) ring: KeyRing,
    pub(crate) grants: GrantSettings,
    pub(crate) signing_keys: SigningKeySettings,
    pub(crate) sessions: ThirdPartySessionLimits,
    pub(crate) browser_sessions: BrowserSessionLimits,
    pub(crate) pending: PendingLimits,
    pub(crate) third_party_tokens: ThirdPartyTokenSettings,
}

/// Where the state is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StorageSettings {
    /// Nowhere: a restart ends every grant.
    Memory,
    /// In a file.
    Redb(RedbSettings),
    /// In a database that other gateways use too.
    Shared(DatabaseSettings),
}

/// What a running state was opened with, to tell what a new configuration would change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Opened {
    storage: StorageSettings,
    others: Vec<(&'static str, String)>,
}

impl StateSettings {
    /// What these settings are; printed without any secret.
    pub(crate) fn opened(&self) -> Opened {
        // Each of these prints all of itself.
        let others = vec![
            ("the lifetimes of grants and tokens", format!("{:?}", self.grants)),
            ("third_party.signing_key_rotation", format!("{:?}", self.signing_keys)),
            ("third_party.sessions", format!("{:?} {:?}", self.sessions, self.browser_sessions)),
        ];
        Opened { storage: self.storage.clone(), others }
    }
}

impl Opened {
    /// The names of what differs in `new`, which a running process cannot change.
    pub(crate) fn needs_restart(&self, new: &Self) -> Vec<&'static str> {
        // Compared whole: another database, or a new password, does not show in print.
        let storage = (self.storage != new.storage).then_some("third_party.storage");
        let pairs = self.others.iter().zip(&new.others);
        let others = pairs.filter(|(before, after)| before != after).map(|(before, _)| before.0);
        storage.into_iter().chain(others).collect()
    }
}
