use super::{IdentityKey, Reader, Secret, strength};
use crate::config::{
    ServerCredential,
    report::{KeyPath, Problem},
};

/// What one `[server.credential]` points at.
#[derive(Debug, Default)]
pub struct CredentialMaterial {
    /// The secret that is sent to the upstream.
    pub secret: Option<Secret>,
    /// The gateway's own client secret for the exchange.
    pub client_secret: Option<Secret>,
    /// The key that proves the gateway's client id and signs assertions about persons.
    pub client_key: Option<IdentityKey>,
}

impl CredentialMaterial {
    pub(super) fn read(
        section: &KeyPath,
        it: &ServerCredential,
        reader: &mut Reader<'_>,
    ) -> Result<Self, Problem> {
        let key = section.key("secret");
        let secret = reader.secret_if_any(&key, it.secret.as_ref(), strength::GIVEN)?;
        if secret.as_ref().is_some_and(|it| !it.expose().bytes().all(|byte| byte.is_ascii_graphic())) {
            return Err(Problem::new(key, "holds blanks or other characters that no header can carry"));
        }
        let Some(exchange) = &it.exchange else { return Ok(Self { secret, ..Self::default() }) };
        let section = section.key("exchange");
        let (key, source) = (section.key("client_secret"), exchange.client_secret.as_ref());
        let client_secret = reader.secret_if_any(&key, source, strength::GIVEN)?;
        let key = section.key("client_key");
        let source = exchange.client_key.as_ref();
        let client_key = source.map(|it| IdentityKey::read(&key, it, reader)).transpose()?;
        Ok(Self { secret, client_secret, client_key })
    }
}
