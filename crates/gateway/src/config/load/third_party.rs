use super::{Reader, Secret, authorization_server::check_public_keys, master_key, strength};
use crate::config::{
    ClientKeys, ConfiguredClient, SecretSource, Storage, ThirdParty,
    check::third_party::{clients, database, providers, section, trusted_issuers},
    option_b,
    report::{KeyPath, Problem},
};

/// What `[third_party]` points at.
#[derive(Debug)]
pub struct ThirdPartyMaterial {
    /// The master key, as text; proven to be 32 bytes or more that look random.
    pub master_key: Secret,
    /// The earlier master keys, likewise.
    pub old_master_keys: Vec<Secret>,
    /// The URL of the database, if it is in one; proven to be one that may be used.
    pub database: Option<Secret>,
    /// Initial access tokens, of which a client must show one to register; none lets everybody.
    pub initial_access_tokens: Vec<Secret>,
    /// The secret of the gateway at each of the providers, in the order of the file.
    pub provider_secrets: Vec<Option<Secret>>,
    /// What each of the configured clients points at, in the order of the file.
    pub clients: Vec<ClientMaterial>,
    /// The JWK set of `keys = { file = … }` of each trusted issuer, in the order of the file.
    pub trusted_issuer_keys: Vec<Option<String>>,
}

/// What one `[[third_party.client]]` points at.
#[derive(Debug)]
pub struct ClientMaterial {
    /// Its secret.
    pub secret: Option<Secret>,
    /// The JWK set of `keys = { file = … }`.
    pub keys: Option<String>,
}

impl ThirdPartyMaterial {
    pub(super) fn read(third_party: &ThirdParty, reader: &mut Reader<'_>) -> Result<Self, Problem> {
        let old = third_party.old_master_keys.iter().enumerate();
        let tokens_key = section().key("registration").key("initial_access_tokens");
        let tokens = third_party.registration.initial_access_tokens.iter().flatten().enumerate();
        let material = Self {
            master_key: master_key::read(&section().key("master_key"), &third_party.master_key, reader)?,
            old_master_keys: old
                .map(|(index, it)| {
                    master_key::read(&section().key("old_master_keys").index(index), it, reader)
                })
                .collect::<Result<_, _>>()?,
            database: match &third_party.storage {
                Storage::Postgres(source) => Some(read_database(source, reader)?),
                Storage::Redb(_) | Storage::Memory => None,
            },
            initial_access_tokens: tokens
                .map(|(index, it)| reader.secret(&tokens_key.index(index), it, strength::OWN))
                .collect::<Result<_, _>>()?,
            provider_secrets: providers(third_party)
                .map(|(section, it)| {
                    let key = section.key("client_secret");
                    reader.secret_if_any(&key, it.client_secret.as_ref(), strength::GIVEN)
                })
                .collect::<Result<_, _>>()?,
            clients: clients(third_party)
                .map(|(section, it)| ClientMaterial::read(&section, it, reader))
                .collect::<Result<_, _>>()?,
            trusted_issuer_keys: trusted_issuers(third_party)
                .map(|(section, it)| read_keys(&section, it.keys.as_ref(), reader))
                .collect::<Result<_, _>>()?,
        };
        Ok(material)
    }

    /// Every secret with its key, but no master key.
    pub(super) fn secrets(&self) -> Vec<(KeyPath, &Secret)> {
        let tokens_key = section().key("registration").key("initial_access_tokens");
        let tokens = self.initial_access_tokens.iter().enumerate();
        let client = |index: usize| section().key("client").index(index).key("client_secret");
        let provider = |index: usize| section().key("provider").index(index).key("client_secret");
        let clients = self.clients.iter().enumerate();
        let providers = self.provider_secrets.iter().enumerate();
        tokens
            .map(|(index, it)| (tokens_key.index(index), it))
            .chain(clients.filter_map(|(index, it)| Some((client(index), it.secret.as_ref()?))))
            .chain(providers.filter_map(|(index, it)| Some((provider(index), it.as_ref()?))))
            .collect()
    }

    /// The master keys with their keys in the file, the current one first.
    pub(super) fn master_keys(&self) -> Vec<(KeyPath, &Secret)> {
        let list = section().key("old_master_keys");
        let old = self.old_master_keys.iter().enumerate().map(|(index, it)| (list.index(index), it));
        std::iter::once((section().key("master_key"), &self.master_key)).chain(old).collect()
    }
}

impl ClientMaterial {
    fn read(section: &KeyPath, it: &ConfiguredClient, reader: &mut Reader<'_>) -> Result<Self, Problem> {
        let keys = read_keys(section, it.keys.as_ref(), reader)?;
        let key = section.key("client_secret");
        let secret = reader.secret_if_any(&key, it.client_secret.as_ref(), strength::OWN)?;
        Ok(Self { secret, keys })
    }
}

fn read_database(source: &SecretSource, reader: &mut Reader<'_>) -> Result<Secret, Problem> {
    let url = Secret::new(reader.text(&database(), source)?);
    option_b::check_database(url.expose()).map_err(|message| Problem::new(database(), message))?;
    Ok(url)
}

fn read_keys(
    section: &KeyPath,
    keys: Option<&ClientKeys>,
    reader: &mut Reader<'_>,
) -> Result<Option<String>, Problem> {
    let Some(ClientKeys::File(path)) = keys else { return Ok(None) };
    let key = section.key("keys").key("file");
    let text = reader.public(&key, path)?;
    check_jwks(&text).map_err(|message| Problem::new(key, message))?;
    Ok(Some(text))
}

fn check_jwks(text: &str) -> Result<(), &'static str> {
    if text.contains("-----BEGIN PUBLIC KEY-----") {
        return Err(r#"is a PEM file: write a JWK set (`{"keys": […]}`)"#);
    }
    check_public_keys(text)
}
