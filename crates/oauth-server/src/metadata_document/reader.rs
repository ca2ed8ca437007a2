use oauth_types::{ClientId, RedirectUri};
use serde_json::{Map, Value};

use super::DocumentError;
use crate::{
    ClientAuthMethod, ClientOrigin, ClientProof, GrantType,
    client::{
        metadata::{self, ClientMetadata, Declared, InvalidMetadata, Members},
        strict_json,
    },
    clients::KnownClient,
};

/// Reads the document of the client `id` (draft section 4.1).
pub(crate) fn read(id: &ClientId, host: &str, body: &[u8]) -> Result<KnownClient, DocumentError> {
    let document = strict_json::object(body).map_err(|_| DocumentError::NotJson)?;
    if document.get("client_id").and_then(Value::as_str) != Some(id.as_str()) {
        return Err(DocumentError::OtherClientId);
    }
    if ["client_secret", "client_secret_expires_at"].iter().any(|it| document.contains_key(*it)) {
        return Err(DocumentError::Secret);
    }
    let methods = methods(&document)?;
    let metadata = metadata(&document, &methods).map_err(DocumentError::Metadata)?;
    if metadata.description.client_name.is_none() {
        return Err(DocumentError::NoName);
    }
    let proof = match (metadata.keys(), methods.may_prove_nothing) {
        (None, _) => ClientProof::Nothing,
        (Some(keys), true) => ClientProof::KeysOrNothing(keys),
        (Some(keys), false) => ClientProof::Keys(keys),
    };
    let client = metadata.client(id, ClientOrigin::MetadataDocument, Some(host));
    Ok(KnownClient { client, proof })
}

/// How the client may authenticate, of what we know and it says.
#[derive(Debug)]
struct Methods {
    may_sign: bool,
    may_prove_nothing: bool,
}

/// The method that the document declares, and those it supports besides; what we do not know is left out.
fn methods(document: &Map<String, Value>) -> Result<Methods, DocumentError> {
    let members = Members(document);
    let declared = members.text("token_endpoint_auth_method", METHOD).map_err(DocumentError::Metadata)?;
    if declared.is_some_and(|it| it.starts_with("client_secret_")) {
        return Err(DocumentError::Secret);
    }
    let supported = members.texts("token_endpoint_auth_methods_supported", METHODS);
    let supported = supported.map_err(DocumentError::Metadata)?.unwrap_or_default();
    let has = |method| declared == Some(method) || supported.contains(&method);
    let says_nothing = declared.is_none() && supported.is_empty();
    let methods =
        Methods { may_sign: has("private_key_jwt"), may_prove_nothing: has("none") || says_nothing };
    if !methods.may_sign && !methods.may_prove_nothing {
        return Err(DocumentError::Metadata(InvalidMetadata::new(METHOD)));
    }
    Ok(methods)
}

fn metadata(document: &Map<String, Value>, methods: &Methods) -> Result<ClientMetadata, InvalidMetadata> {
    let members = Members(document);
    let has_keys = members.get("jwks").is_some() || members.get("jwks_uri").is_some();
    let auth_method =
        if methods.may_prove_nothing { ClientAuthMethod::None } else { ClientAuthMethod::PrivateKeyJwt };
    let declared = Declared {
        redirect_uris: redirect_uris(members)?,
        grant_types: grant_types(members)?,
        auth_method,
        keeps_keys: methods.may_sign && (has_keys || !methods.may_prove_nothing),
    };
    metadata::read(document, declared)
}

/// Those that can receive an answer here; a document serves many servers, and what only others take does no harm.
fn redirect_uris(members: Members<'_>) -> Result<Vec<RedirectUri>, InvalidMetadata> {
    const ERROR: InvalidMetadata = InvalidMetadata::redirect_uri("redirect_uris has none that may be used");
    let texts = members.texts("redirect_uris", "redirect_uris").map_err(|_| ERROR)?.unwrap_or_default();
    let uris: Vec<RedirectUri> = texts.into_iter().filter_map(|it| it.parse().ok()).collect();
    if uris.is_empty() { Err(ERROR) } else { Ok(uris) }
}

/// A document that lists other grants only is not for us.
///
/// Refresh tokens are allowed whatever it lists: the example that every client copied lists the code alone.
fn grant_types(members: Members<'_>) -> Result<Vec<GrantType>, InvalidMetadata> {
    const ERROR: &str = "grant_types must list authorization_code";
    match members.texts("grant_types", ERROR)? {
        Some(types) if !types.is_empty() && !types.contains(&"authorization_code") => {
            Err(InvalidMetadata::new(ERROR))
        }
        _ => Ok(vec![GrantType::AuthorizationCode, GrantType::RefreshToken]),
    }
}

const METHOD: &str = "token_endpoint_auth_method must be none or private_key_jwt";
const METHODS: &str = "token_endpoint_auth_methods_supported must be a list of methods";
