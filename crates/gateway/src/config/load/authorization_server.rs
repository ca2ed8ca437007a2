use serde_json::Value;

use super::{Reader, Secret, strength};
use crate::config::{
    AuthorizationServer, KeySource,
    report::{KeyPath, Problem},
};

/// What one `[[authorization_server]]` points at.
#[derive(Debug)]
pub struct AuthorizationServerMaterial {
    /// The text of `keys = { file = … }`: a JWK set or a PEM public key.
    pub keys: Option<String>,
    /// The gateway's own client secret for introspection.
    pub client_secret: Option<Secret>,
}

impl AuthorizationServerMaterial {
    pub(super) fn read(
        section: &KeyPath,
        it: &AuthorizationServer,
        reader: &mut Reader<'_>,
    ) -> Result<Self, Problem> {
        let keys = match &it.keys {
            KeySource::File(path) => {
                let key = section.key("keys").key("file");
                let text = reader.public(&key, path)?;
                check_public_keys(&text).map_err(|message| Problem::new(key, message))?;
                Some(text)
            }
            KeySource::Discovery | KeySource::JwksUri(_) => None,
        };
        let source = it.introspection.as_ref().map(|it| &it.client_secret);
        let key = section.key("introspection").key("client_secret");
        let client_secret = reader.secret_if_any(&key, source, strength::GIVEN)?;
        Ok(Self { keys, client_secret })
    }
}

/// The form only; which keys are of use is for the one who verifies with them.
pub(super) fn check_public_keys(text: &str) -> Result<(), &'static str> {
    if text.contains("PRIVATE KEY-----") {
        return Err("holds a private key: only the public one belongs here");
    }
    if text.contains("-----BEGIN PUBLIC KEY-----") {
        return Ok(());
    }
    let document: Option<Value> = serde_json::from_str(text).ok();
    match document.as_ref().and_then(|it| it.get("keys")?.as_array()) {
        None => Err(r#"is neither a JWK set (`{"keys": […]}`) nor a PEM public key"#),
        Some(keys) if keys.is_empty() => Err("is a JWK set without any key"),
        Some(keys) if keys.iter().any(|it| ["d", "k"].iter().any(|member| it.get(member).is_some())) => {
            Err("holds a private or shared key: only public ones belong here")
        }
        Some(_) => Ok(()),
    }
}
