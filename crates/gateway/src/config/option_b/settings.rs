use oauth_types::{Issuer, ProviderId};
use session_binding::{BrowserSessionLimits, ThirdPartySessionLimits};
use storage::RedbSettings;
use token_manager::{GrantSettings, KeyRing, KeyRingError, MasterKey, SigningKeySettings};

use crate::config::{
    Config, Loaded, PublicUrl, Secret, Server, Storage, ThirdParty, ThirdPartyMaterial,
    load::master_key::decode,
};
use crate::third_party::database::{self, DatabaseSettings};

/// `[third_party]` with what it points at.
#[derive(Clone, Copy, Debug)]
pub struct LoadedThirdParty<'a> {
    /// The section.
    pub config: &'a ThirdParty,
    /// What it points at.
    pub material: &'a ThirdPartyMaterial,
    public_url: &'a PublicUrl,
    pub(super) servers: &'a [Server],
}

/// Where the state is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StorageSettings {
    /// In a file.
    Redb(RedbSettings),
    /// In a database that other processes use too.
    Shared(DatabaseSettings),
    /// Nowhere.
    Memory,
}

impl Loaded {
    /// Option B, if it is switched on.
    #[must_use]
    pub fn third_party(&self) -> Option<LoadedThirdParty<'_>> {
        let config = self.config.third_party.as_ref()?;
        let material = self.material.third_party.as_ref()?;
        let Config { public_url, servers, .. } = &self.config;
        Some(LoadedThirdParty { config, material, public_url, servers })
    }
}

impl LoadedThirdParty<'_> {
    /// The issuer that the gateway is: the bare origin.
    #[must_use]
    pub fn issuer(&self) -> Issuer {
        self.public_url.issuer()
    }

    /// How long everything about grants lasts.
    #[must_use]
    pub fn grants(&self) -> GrantSettings {
        GrantSettings {
            access_token_lifetime: self.config.access_token_lifetime.get(),
            code_lifetime: self.config.code_lifetime.get(),
            retry_window: self.config.retry_window.get(),
            idle_timeout: self.config.idle_timeout.get(),
            absolute_timeout: self.config.absolute_timeout.get(),
            ..GrantSettings::new(self.issuer())
        }
    }

    /// When signing keys change.
    #[must_use]
    pub fn signing_keys(&self) -> SigningKeySettings {
        SigningKeySettings {
            rotate_every: self.config.signing_key_rotation.get(),
            ..SigningKeySettings::default()
        }
    }

    /// The keys under which stored secrets are sealed.
    ///
    /// # Errors
    /// [`KeyRingError::Library`]: weak and repeated keys were refused before.
    pub fn key_ring(&self) -> Result<KeyRing, KeyRingError> {
        let current = master_key(&self.material.master_key);
        let older: Vec<_> = self.material.old_master_keys.iter().map(master_key).collect();
        KeyRing::new(&current, older)
    }

    /// Where the state is.
    #[must_use]
    pub fn storage(&self) -> StorageSettings {
        match &self.config.storage {
            Storage::Redb(path) => StorageSettings::Redb(RedbSettings::new(path)),
            Storage::Postgres(_) => StorageSettings::Shared(self.database()),
            Storage::Memory => StorageSettings::Memory,
        }
    }

    #[expect(clippy::expect_used, reason = "see the proof")]
    fn database(&self) -> DatabaseSettings {
        let url = self.material.database.as_ref().map_or("", Secret::expose);
        database::settings(url).expect("loading refuses other URLs")
    }

    /// Where people who are signed in may connect further accounts.
    #[must_use]
    pub fn connectable(&self) -> Vec<ProviderId> {
        self.config.providers.iter().filter(|it| it.connect).map(|it| it.id.clone()).collect()
    }

    /// How long third-party sessions live.
    #[must_use]
    pub fn sessions(&self) -> ThirdPartySessionLimits {
        ThirdPartySessionLimits {
            idle_timeout: self.config.sessions.idle_timeout.get(),
            absolute_timeout: self.config.sessions.absolute_timeout.get(),
            ..ThirdPartySessionLimits::default()
        }
    }

    /// How long browser sessions live.
    #[must_use]
    pub fn browser_sessions(&self) -> BrowserSessionLimits {
        BrowserSessionLimits {
            idle_timeout: self.config.sessions.browser_idle_timeout.get(),
            absolute_timeout: self.config.sessions.browser_absolute_timeout.get(),
        }
    }
}

#[expect(clippy::expect_used, reason = "see the proof")]
fn master_key(text: &Secret) -> MasterKey {
    let bytes = decode(text.expose()).unwrap_or_default();
    MasterKey::new(&bytes).expect("loading refuses keys that are short or monotonous")
}
