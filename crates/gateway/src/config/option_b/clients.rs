use oauth_server::{Client, ClientAuthMethod, ClientOrigin, GrantType};
use oauth_types::Scope;
use url::Url;

use super::LoadedThirdParty;
use crate::config::{ClientAuth, ClientKeys, ClientMaterial, ConfiguredClient, Secret};

/// One client that the operator wrote, in the words of `oauth-server`.
#[derive(Clone, Debug)]
pub struct ConfiguredClientParts<'a> {
    /// The client; without redirect URIs if it only introspects.
    pub client: Client,
    /// Its secret, for the methods that have one.
    pub secret: Option<&'a Secret>,
    /// Its public keys, for `private_key_jwt`.
    pub keys: Option<ConfiguredKeys<'a>>,
    /// Whether it may ask about any token (RFC 7662).
    pub introspect: bool,
}

/// Where the public keys of a client are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConfiguredKeys<'a> {
    /// Fetched from there.
    JwksUri(&'a Url),
    /// This JWK set.
    Jwks(&'a str),
}

impl LoadedThirdParty<'_> {
    /// Every client that the operator wrote, in the order of the file.
    #[must_use]
    pub fn clients(&self) -> Vec<ConfiguredClientParts<'_>> {
        self.config
            .clients
            .iter()
            .zip(&self.material.clients)
            .map(|(it, material)| parts(it, material))
            .collect()
    }
}

fn parts<'a>(it: &'a ConfiguredClient, material: &'a ClientMaterial) -> ConfiguredClientParts<'a> {
    let client = Client {
        id: it.client_id.clone(),
        origin: ClientOrigin::Configured,
        name: Some(it.name.clone()),
        host: None,
        redirect_uris: it.redirect_uris.clone(),
        auth_method: auth_method(it.auth),
        grant_types: vec![GrantType::AuthorizationCode, GrantType::RefreshToken],
        scope: it.scopes.as_ref().map(|it| it.iter().cloned().collect::<Scope>()),
        default_scope: None,
        dpop_bound_access_tokens: it.dpop_bound_access_tokens,
        require_pushed_authorization_requests: it.require_pushed_authorization_requests,
    };
    let keys = match &it.keys {
        Some(ClientKeys::JwksUri(url)) => Some(ConfiguredKeys::JwksUri(url)),
        Some(ClientKeys::File(_)) => material.keys.as_deref().map(ConfiguredKeys::Jwks),
        None => None,
    };
    ConfiguredClientParts { client, secret: material.secret.as_ref(), keys, introspect: it.introspect }
}

const fn auth_method(auth: ClientAuth) -> ClientAuthMethod {
    match auth {
        ClientAuth::None => ClientAuthMethod::None,
        ClientAuth::ClientSecretPost => ClientAuthMethod::ClientSecretPost,
        ClientAuth::ClientSecretBasic => ClientAuthMethod::ClientSecretBasic,
        ClientAuth::PrivateKeyJwt => ClientAuthMethod::PrivateKeyJwt,
    }
}
