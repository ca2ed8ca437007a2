//! What the configuration points at: secrets, keys and certificates, proven before a socket opens.

mod api_keys;
mod authorization_server;
mod certificates;
mod credential;
mod identity_key;
mod listener;
pub(super) mod master_key;
mod reader;
mod resolve;
mod reuse;
mod stdio;
mod strength;
mod third_party;

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use rustls::{pki_types::CertificateDer, sign::CertifiedKey};

use self::reader::Reader;
use super::{
    AuthorizationServer, Config, ConfigError, Server,
    report::{Document, KeyPath, Problem},
};

pub(crate) use reader::read_private;

pub use authorization_server::AuthorizationServerMaterial;
pub use credential::CredentialMaterial;
pub use identity_key::IdentityKey;
pub use stdio::StdioMaterial;
pub use third_party::{ClientMaterial, ThirdPartyMaterial};

oauth_types::secret! {
    /// The text of a secret that the configuration points at.
    pub struct Secret;
}

/// The environment of the process, which only the binary reads.
pub trait Environment {
    /// The value of the variable `name`; `None` if it is not set or no Unicode.
    fn variable(&self, name: &str) -> Option<String>;
}

impl<F: Fn(&str) -> Option<String>> Environment for F {
    fn variable(&self, name: &str) -> Option<String> {
        self(name)
    }
}

/// A configuration with everything it points at.
#[derive(Debug)]
pub struct Loaded {
    /// The configuration; all its paths are resolved against the folder of the file.
    pub config: Config,
    /// What it points at.
    pub material: Material,
    /// The files that were read, the configuration itself first if it is one: if one changes, load again.
    pub files: Vec<PathBuf>,
}

/// What a configuration points at.
#[derive(Debug)]
pub struct Material {
    /// Certificate chain and key of the listener, which belong together; `None` for plain HTTP.
    pub tls: Option<Arc<CertifiedKey>>,
    /// The secret that binds MCP session ids to their subject; `None` asks for a random one.
    pub session_key: Option<Secret>,
    /// Further roots for what the gateway fetches itself (`outbound.ca_files`).
    pub outbound_roots: Vec<CertificateDer<'static>>,
    /// One entry for each of `config.servers`, in that order.
    pub servers: Vec<ServerMaterial>,
    /// One entry for each of `config.authorization_servers`, in that order.
    pub authorization_servers: Vec<AuthorizationServerMaterial>,
    /// What `[third_party]` points at, if it is there.
    pub third_party: Option<ThirdPartyMaterial>,
}

/// What one `[[server]]` points at.
#[derive(Debug)]
pub struct ServerMaterial {
    /// Further roots for this upstream (`http.ca_files`).
    pub roots: Vec<CertificateDer<'static>>,
    /// The key that signs the identity JWT (`identity.jwt.key`).
    /// `None` asks for a random one if there is a `jwt`.
    pub identity_key: Option<IdentityKey>,
    /// What `credential` points at, if it is there.
    pub credential: Option<CredentialMaterial>,
    /// What a `{ stdio = […] }` upstream is started with.
    pub stdio: Option<StdioMaterial>,
}

impl Loaded {
    /// The servers with what they point at.
    pub fn servers(&self) -> impl Iterator<Item = (&Server, &ServerMaterial)> {
        self.config.servers.iter().zip(&self.material.servers)
    }

    /// The authorization servers with what they point at.
    pub fn authorization_servers(
        &self,
    ) -> impl Iterator<Item = (&AuthorizationServer, &AuthorizationServerMaterial)> {
        self.config.authorization_servers.iter().zip(&self.material.authorization_servers)
    }
}

impl Config {
    /// Reads the file at `path`, then everything it points at.
    ///
    /// # Errors
    ///
    /// Those of [`Config::parse`]; and the first secret, key or certificate that is missing, weak, malformed,
    /// used for two purposes, or readable by everybody.
    pub fn load(path: &Path, environment: &dyn Environment) -> Result<Loaded, ConfigError> {
        let (config, text) = Self::read_text(path)?;
        let file = path.display().to_string();
        load(config, Reader::new(environment, Some(path)), &Document::new(&text, &file))
    }

    /// Takes `text`, which stands in no file, and reads everything it points at; its paths are relative to where the
    /// process is.
    ///
    /// # Errors
    ///
    /// Those of [`Config::load`]; they say `name` for the file.
    pub fn load_text(text: &str, name: &str, environment: &dyn Environment) -> Result<Loaded, ConfigError> {
        let config = Self::parse(text, name)?;
        load(config, Reader::new(environment, None), &Document::new(text, name))
    }

    /// Reads the file at `path` and nothing that it points at; its paths are resolved against its folder.
    ///
    /// # Errors
    ///
    /// Those of [`Config::parse`].
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        Self::read_text(path).map(|(config, _)| config)
    }

    fn read_text(path: &Path) -> Result<(Self, String), ConfigError> {
        let file = path.display().to_string();
        let text = fs::read_to_string(path).map_err(|error| {
            ConfigError::unreadable(file.clone(), format!("cannot read the configuration: {error}"))
        })?;
        let mut config = Self::parse(&text, &file)?;
        resolve::paths(&mut config, path.parent().unwrap_or(Path::new("")));
        Ok((config, text))
    }
}

fn load(config: Config, mut reader: Reader<'_>, document: &Document<'_>) -> Result<Loaded, ConfigError> {
    let material = material(&config, &mut reader).map_err(|it| document.refuse(&it))?;
    Ok(Loaded { config, material, files: reader.into_files() })
}

fn material(config: &Config, reader: &mut Reader<'_>) -> Result<Material, Problem> {
    let session_key = KeyPath::root("sessions").key("key");
    let material = Material {
        tls: listener::certified_key(config, reader)?,
        session_key: reader.secret_if_any(&session_key, config.sessions.key.as_ref(), strength::OWN)?,
        outbound_roots: certificates::roots(&KeyPath::root("outbound"), &config.outbound.ca_files, reader)?,
        servers: each(&config.servers, "server", |section, it| server(section, it, reader))?,
        authorization_servers: each(&config.authorization_servers, "authorization_server", |section, it| {
            AuthorizationServerMaterial::read(section, it, reader)
        })?,
        third_party: config
            .third_party
            .as_ref()
            .map(|it| ThirdPartyMaterial::read(it, reader))
            .transpose()?,
    };
    reuse::check(&material)?;
    api_keys::check(&config.servers)?;
    Ok(material)
}

fn each<T, M>(
    items: &[T],
    section: &str,
    mut read: impl FnMut(&KeyPath, &T) -> Result<M, Problem>,
) -> Result<Vec<M>, Problem> {
    let section = KeyPath::root(section);
    items.iter().enumerate().map(|(index, item)| read(&section.index(index), item)).collect()
}

fn server(section: &KeyPath, server: &Server, reader: &mut Reader<'_>) -> Result<ServerMaterial, Problem> {
    let roots = certificates::roots(&section.key("http"), &server.http.ca_files, reader)?;
    let source = server.identity.jwt.as_ref().and_then(|it| it.key.as_ref());
    let key = section.key("identity").key("jwt").key("key");
    let identity_key = source.map(|it| IdentityKey::read(&key, it, reader)).transpose()?;
    let key = section.key("credential");
    let credential = server.credential.as_ref();
    let credential = credential.map(|it| CredentialMaterial::read(&key, it, reader)).transpose()?;
    let stdio = StdioMaterial::read(section, &server.upstream, reader)?;
    Ok(ServerMaterial { roots, identity_key, credential, stdio })
}

#[cfg(test)]
mod tests;
