//! What a registration request says.

use http::{
    HeaderMap,
    header::{AUTHORIZATION, CONTENT_TYPE},
};
use oauth_types::RedirectUri;
use serde_json::{Map, Value};

use super::{RegistrationSettings, error::RegistrationError};
use crate::{
    ClientAuthMethod, GrantType, HostPattern,
    client::{
        metadata::{self, ClientMetadata, Declared, InvalidMetadata, Members},
        strict_json,
    },
};

/// The body as a JSON object.
pub(super) fn members(headers: &HeaderMap, body: &[u8]) -> Result<Map<String, Value>, RegistrationError> {
    // Only a type that no form can have keeps the forms of other sites out (Fetch Standard, CORS).
    let content_type = headers.get(CONTENT_TYPE).and_then(|it| it.to_str().ok()).unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("application/json") || headers.get_all(CONTENT_TYPE).iter().count() != 1
    {
        return Err(RegistrationError::ContentType);
    }
    if body.len() > MAX_BODY {
        return Err(RegistrationError::TooLarge);
    }
    strict_json::object(body).map_err(|_| RegistrationError::NotJson)
}

/// The metadata in a body, checked in full; a `client_id` in it means nothing.
pub(super) fn metadata(
    members: &Map<String, Value>,
    settings: &RegistrationSettings,
) -> Result<ClientMetadata, RegistrationError> {
    let typed = Members(members);
    if typed.get("software_statement").is_some() {
        return Err(RegistrationError::SoftwareStatement);
    }
    let redirect_uris = redirect_uris(typed)?;
    check_hosts(&redirect_uris, settings.redirect_hosts.as_deref())?;
    let auth_method = auth_method(typed)?;
    let declared = Declared {
        redirect_uris,
        grant_types: grant_types(typed)?,
        auth_method,
        keeps_keys: auth_method == ClientAuthMethod::PrivateKeyJwt,
    };
    Ok(metadata::read(members, declared)?)
}

/// The token of `Authorization: Bearer`, if it is there.
pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

/// All or nothing: a client that lost one of its redirect URIs would fail only later, when a person waits.
fn redirect_uris(members: Members<'_>) -> Result<Vec<RedirectUri>, InvalidMetadata> {
    const LIST: InvalidMetadata =
        InvalidMetadata::redirect_uri("redirect_uris must list 1 to 10 redirect URIs");
    const URI: InvalidMetadata = InvalidMetadata::redirect_uri(
        "redirect_uris may have https, http on a loopback host, or a private-use scheme",
    );
    let texts = members.texts("redirect_uris", "redirect_uris").map_err(|_| LIST)?.ok_or(LIST)?;
    if !(1..=MAX_REDIRECT_URIS).contains(&texts.len()) {
        return Err(LIST);
    }
    let mut uris: Vec<RedirectUri> = Vec::with_capacity(texts.len());
    for text in texts {
        let uri = text.parse().map_err(|_| URI)?;
        if !uris.contains(&uri) {
            uris.push(uri);
        }
    }
    Ok(uris)
}

/// Only `https` proves a host, so with a list the private-use schemes are refused, which any program can take.
fn check_hosts(uris: &[RedirectUri], hosts: Option<&[HostPattern]>) -> Result<(), InvalidMetadata> {
    let Some(hosts) = hosts else { return Ok(()) };
    let is_listed = |uri: &RedirectUri| {
        let host = uri.url().host_str().unwrap_or_default();
        uri.is_loopback() || !uri.is_private_use() && hosts.iter().any(|it| it.matches(host))
    };
    if uris.iter().all(is_listed) {
        return Ok(());
    }
    Err(InvalidMetadata::redirect_uri("redirect_uris has a host that is not allowed here"))
}

/// What is not supported is left out, as long as the code stays; a client that lists nothing gets all there is.
fn grant_types(members: Members<'_>) -> Result<Vec<GrantType>, InvalidMetadata> {
    const ERROR: &str = "grant_types must list authorization_code";
    let listed = members.texts("grant_types", ERROR)?.filter(|it| !it.is_empty());
    let Some(listed) = listed else {
        return Ok(vec![GrantType::AuthorizationCode, GrantType::RefreshToken]);
    };
    if !listed.contains(&GrantType::AuthorizationCode.as_str()) {
        return Err(InvalidMetadata::new(ERROR));
    }
    let all = [GrantType::AuthorizationCode, GrantType::RefreshToken];
    Ok(all.into_iter().filter(|it| listed.contains(&it.as_str())).collect())
}

fn auth_method(members: Members<'_>) -> Result<ClientAuthMethod, InvalidMetadata> {
    const ERROR: &str = "token_endpoint_auth_method must be none, client_secret_post, client_secret_basic or \
                         private_key_jwt";
    match members.text("token_endpoint_auth_method", ERROR)? {
        Some("none") => Ok(ClientAuthMethod::None),
        Some("client_secret_post") => Ok(ClientAuthMethod::ClientSecretPost),
        Some("private_key_jwt") => Ok(ClientAuthMethod::PrivateKeyJwt),
        // The default of RFC 7591 section 2.
        Some("client_secret_basic") | None => Ok(ClientAuthMethod::ClientSecretBasic),
        Some(_) => Err(InvalidMetadata::new(ERROR)),
    }
}

const MAX_BODY: usize = 16 * 1024;
const MAX_REDIRECT_URIS: usize = 10;
