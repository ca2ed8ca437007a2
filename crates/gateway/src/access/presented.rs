//! An API key that came with a request.

use std::borrow::Cow;

use http::{HeaderMap, HeaderName, header};
use token_validate::BearerToken;

use super::{Principal, ProtectedServer, dpop::Shown};
use crate::{
    api_keys::{KeyRing, is_meant_as_key},
    reason::Reason,
    refusal::Refusal,
};

/// The principal of the API key that the request came with; `None` if it came with none.
///
/// A key stands in `Authorization: Bearer` or in `X-API-Key`, and nothing else stands beside it.
/// What is meant as a key is never judged as a token, also where no keys are taken: no authorization server sees it.
pub(super) fn by_api_key(
    server: &ProtectedServer,
    shown: Shown<'_>,
    bearer: Option<&BearerToken<'_>>,
) -> Option<Result<Principal, Refusal>> {
    let keys = server.ways().api_keys.as_deref();
    let bearer = bearer.map(BearerToken::expose).filter(|it| is_meant_as_key(it));
    let in_header = keys.is_some() && shown.headers.contains_key(X_API_KEY);
    let text = match (bearer, in_header) {
        (None, false) => return None,
        (Some(text), false) => Ok(text),
        (_, true) => only_header(shown.headers),
    };
    let found = text.and_then(|it| find(keys, shown, it).and_then(|ring| ring.find(it, server.now())));
    Some(match found {
        Ok(key) => Ok(Principal::by_api_key(key)),
        Err(reason) => Err(Refusal::of_api_key(reason, server.resource())),
    })
}

/// Whether a request without a credential in its headers brought one elsewhere, which counts for nothing and keeps it
/// from being taken for one that brought none.
pub(super) fn has_credential_elsewhere(shown: Shown<'_>) -> bool {
    shown.headers.contains_key(X_API_KEY) || shown.uri.query().is_some_and(names_credential)
}

fn find<'a>(keys: Option<&'a KeyRing>, shown: Shown<'_>, text: &str) -> Result<&'a KeyRing, Reason> {
    let keys = keys.ok_or(Reason::ApiKeyNotTaken)?;
    if shown.uri.query().is_some_and(names_credential) {
        return Err(Reason::CredentialsRepeated);
    }
    if is_meant_as_key(text) { Ok(keys) } else { Err(Reason::ApiKeyMalformed) }
}

/// The value of `X-API-Key`, if no other credential is there.
fn only_header(headers: &HeaderMap) -> Result<&str, Reason> {
    let mut values = headers.get_all(X_API_KEY).iter();
    let value = values.next().ok_or(Reason::ApiKeyMalformed)?;
    if values.next().is_some() || headers.contains_key(header::AUTHORIZATION) {
        return Err(Reason::CredentialsRepeated);
    }
    value.to_str().map_err(|_| Reason::ApiKeyMalformed)
}

fn names_credential(query: &str) -> bool {
    url::form_urlencoded::parse(query.as_bytes())
        .any(|(name, value)| is_meant_as_key(&value) || CREDENTIALS.contains(&normalized(&name).as_ref()))
}

fn normalized(name: &str) -> Cow<'_, str> {
    name.to_ascii_lowercase().replace(['-', '_'], "").into()
}

/// The header for clients that cannot set `Authorization`.
pub(super) const X_API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// Names of credentials in a query, without `-` and `_`.
const CREDENTIALS: [&str; 3] = ["accesstoken", "apikey", "xapikey"];
