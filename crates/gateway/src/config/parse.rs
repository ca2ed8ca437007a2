use std::path::PathBuf;

use oauth_types::{Issuer, ResourceUri};
use url::Url;

use super::{
    Config, ConfigError, HostName, Provider, Server, Storage, check, option_b,
    report::{Document, KeyPath, Problem},
};

impl Config {
    /// Reads a configuration and proves all that its text can prove.
    ///
    /// Pure: opens no file, reads no environment; `file_name` is for the report only.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong: syntax, an unknown key, a value out of range, or an insecure combination.
    pub fn parse(text: &str, file_name: &str) -> Result<Self, ConfigError> {
        let document = Document::new(text, file_name);
        is_in_this_build(&document).map_err(|it| document.refuse(&it))?;
        let config: Self = toml::from_str(text).map_err(|it| document.refuse_toml(&it))?;
        check::all(&config).map_err(|it| document.refuse(&it))?;
        Ok(config)
    }

    /// A whole configuration that passes, which the reference page shows.
    #[must_use]
    pub const fn example() -> &'static str {
        include_str!("example.toml")
    }

    /// A whole configuration of Option B that passes, which the reference page shows.
    #[must_use]
    pub const fn third_party_example() -> &'static str {
        include_str!("example-third-party.toml")
    }

    /// The redirect URI that is to be registered at the third party `provider`: its own callback here.
    ///
    /// Built-in accounts have none.
    #[must_use]
    pub fn callback(&self, provider: &Provider) -> Option<Url> {
        if provider.is_local() {
            return None;
        }
        self.public_url.url().join(&format!("/callback/{}", provider.id)).ok()
    }

    /// The resource identifier of `server` (RFC 9728 section 1.2).
    #[must_use]
    pub fn resource(&self, server: &Server) -> ResourceUri {
        self.public_url.resource(&server.path)
    }

    /// The values of `aud` that mean `server`: its `audiences`, else the spellings of its resource identifier.
    #[must_use]
    pub fn audiences(&self, server: &Server) -> Vec<String> {
        match &server.audiences {
            Some(audiences) => audiences.iter().map(ToString::to_string).collect(),
            None => self.resource(server).audiences(),
        }
    }

    /// The issuers whose tokens count for `server`: the gateway itself with `[third_party]`, else those named.
    #[must_use]
    pub fn issuers(&self, server: &Server) -> Vec<Issuer> {
        match &server.authorization_servers {
            _ if self.third_party.is_some() => vec![self.public_url.issuer()],
            Some(issuers) => issuers.clone(),
            None => self.authorization_servers.iter().map(|it| it.issuer.clone()).collect(),
        }
    }

    /// Where the socket for operators is, if there is to be one: that of `[admin]`, or one beside the state.
    #[must_use]
    pub fn admin_socket(&self) -> Option<PathBuf> {
        if !self.admin.enabled {
            return None;
        }
        let beside_the_state = || match &self.third_party.as_ref()?.storage {
            Storage::Redb(path) => {
                let mut name = path.clone().into_os_string();
                name.push(".sock");
                Some(name.into())
            }
            Storage::Postgres(_) | Storage::Memory => None,
        };
        self.admin.socket.clone().or_else(beside_the_state)
    }

    /// The values of `Host` that are ours: that of `public_url`, then `hosts`.
    pub fn all_hosts(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.public_url.host()).chain(self.hosts.iter().map(HostName::as_str))
    }
}

/// Option B is another build; its section must not be passed over in silence.
fn is_in_this_build(document: &Document<'_>) -> Result<(), Problem> {
    if !option_b::IS_IN_THIS_BUILD && document.has("third_party") {
        let message =
            "this build lacks `--features third-party`: remove the section or build with that feature";
        return Err(Problem::new(KeyPath::root("third_party"), message));
    }
    Ok(())
}
