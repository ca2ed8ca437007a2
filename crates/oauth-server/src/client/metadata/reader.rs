use oauth_types::{RedirectUri, Scope};
use serde_json::{Map, Value};
use url::Url;

use super::{ApplicationType, ClientMetadata, Description, InvalidMetadata, Members, check_key_set};
use crate::{ClientAuthMethod, GrantType, client::name::shown_name};

/// What differs between a registration and a document, decided by the caller.
#[derive(Debug)]
pub(crate) struct Declared {
    pub(crate) redirect_uris: Vec<RedirectUri>,
    pub(crate) grant_types: Vec<GrantType>,
    pub(crate) auth_method: ClientAuthMethod,
    /// Whether keys are of use; otherwise they are checked and forgotten.
    pub(crate) keeps_keys: bool,
}

/// Reads and checks every member that is known here; others are ignored (RFC 7591 section 2).
pub(crate) fn read(
    members: &Map<String, Value>,
    declared: Declared,
) -> Result<ClientMetadata, InvalidMetadata> {
    let members = Members(members);
    check_response_types(members)?;
    let description = description(members)?;
    let scope = scope(members)?;
    let (jwks, jwks_uri) = keys(members)?;
    if declared.keeps_keys && jwks.is_none() && jwks_uri.is_none() {
        return Err(InvalidMetadata::new("private_key_jwt needs jwks or jwks_uri"));
    }
    Ok(ClientMetadata {
        redirect_uris: declared.redirect_uris,
        grant_types: declared.grant_types,
        token_endpoint_auth_method: declared.auth_method,
        description,
        scope,
        jwks: jwks.filter(|_| declared.keeps_keys),
        jwks_uri: jwks_uri.filter(|_| declared.keeps_keys),
        dpop_bound_access_tokens: members
            .flag("dpop_bound_access_tokens", "dpop_bound_access_tokens must be true or false")?,
        require_pushed_authorization_requests: requires_push(members)?,
    })
}

/// What is not supported is left out, as long as `code` stays.
fn check_response_types(members: Members<'_>) -> Result<(), InvalidMetadata> {
    const ERROR: &str = "response_types must list code";
    match members.texts("response_types", ERROR)? {
        Some(types) if !types.is_empty() && !types.contains(&"code") => Err(InvalidMetadata::new(ERROR)),
        _ => Ok(()),
    }
}

fn description(members: Members<'_>) -> Result<Description, InvalidMetadata> {
    const NAME: &str = "client_name must be a text of at most 100 characters";
    let name = members.text("client_name", NAME)?.map(shown_name).transpose();
    let url = |name, error| {
        members.check_translated_urls(name, error)?;
        members.url(name, error)
    };
    Ok(Description {
        client_name: name.map_err(|_| InvalidMetadata::new(NAME))?.flatten(),
        client_uri: url("client_uri", "client_uri must be an https URL of a public host")?,
        logo_uri: url("logo_uri", "logo_uri must be an https URL of a public host")?,
        tos_uri: url("tos_uri", "tos_uri must be an https URL of a public host")?,
        policy_uri: url("policy_uri", "policy_uri must be an https URL of a public host")?,
        application_type: application_type(members)?,
        software_id: members.short_text("software_id", "software_id must be a short text")?,
        software_version: members.short_text("software_version", "software_version must be a short text")?,
    })
}

fn application_type(members: Members<'_>) -> Result<Option<ApplicationType>, InvalidMetadata> {
    const ERROR: &str = "application_type must be native or web";
    match members.text("application_type", ERROR)? {
        None => Ok(None),
        Some("native") => Ok(Some(ApplicationType::Native)),
        Some("web") => Ok(Some(ApplicationType::Web)),
        Some(_) => Err(InvalidMetadata::new(ERROR)),
    }
}

fn scope(members: Members<'_>) -> Result<Option<String>, InvalidMetadata> {
    const ERROR: &str = "scope must be scope values separated by spaces";
    let Some(text) = members.text("scope", ERROR)? else { return Ok(None) };
    if text.len() > MAX_SCOPE {
        return Err(InvalidMetadata::new(ERROR));
    }
    let scope: Scope = text.parse().map_err(|_| InvalidMetadata::new(ERROR))?;
    Ok((!scope.is_empty()).then(|| scope.to_string()))
}

fn keys(members: Members<'_>) -> Result<(Option<Value>, Option<Url>), InvalidMetadata> {
    const URI: &str = "jwks_uri must be an https URL of a public host";
    members.check_translated_urls("jwks_uri", URI)?;
    let uri = members.url("jwks_uri", URI)?;
    let inline = members.get("jwks");
    if inline.is_some() && uri.is_some() {
        return Err(InvalidMetadata::new("only one of jwks and jwks_uri may be there"));
    }
    inline.map(check_key_set).transpose()?;
    Ok((inline.cloned(), uri))
}

/// Only a boolean counts: a text that looks like one would be taken for the wrong half of the time.
fn requires_push(members: Members<'_>) -> Result<bool, InvalidMetadata> {
    const ERROR: &str = "require_pushed_authorization_requests must be true or false";
    let value = members.get("require_pushed_authorization_requests");
    value.map_or(Ok(false), |it| it.as_bool().ok_or(InvalidMetadata::new(ERROR)))
}

const MAX_SCOPE: usize = 2048;
