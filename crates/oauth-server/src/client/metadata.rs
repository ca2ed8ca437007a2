//! What a client says of itself (RFC 7591 section 2), in a registration or in a document.

mod keys;
mod members;
mod reader;

use oauth_types::{ClientId, RedirectUri, RegistrationErrorCode};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use url::Url;

use crate::{Client, ClientAuthMethod, ClientKeys, ClientOrigin, GrantType};

pub(crate) use keys::check_key_set;
pub(crate) use members::Members;
pub(crate) use reader::{Declared, read};

/// The metadata of a client, as far as they mean anything here; every member was checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ClientMetadata {
    #[serde(deserialize_with = "those_allowed")]
    pub(crate) redirect_uris: Vec<RedirectUri>,
    pub(crate) grant_types: Vec<GrantType>,
    pub(crate) token_endpoint_auth_method: ClientAuthMethod,
    #[serde(flatten)]
    pub(crate) description: Description,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) scope: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) jwks: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) jwks_uri: Option<Url>,
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) dpop_bound_access_tokens: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) require_pushed_authorization_requests: bool,
}

/// The members that say what a client is, and change nothing of what it may do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Description {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) client_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) client_uri: Option<Url>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) logo_uri: Option<Url>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tos_uri: Option<Url>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) policy_uri: Option<Url>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) application_type: Option<ApplicationType>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) software_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) software_version: Option<String>,
}

/// `application_type` (OpenID Connect Registration section 2), which is repeated and not enforced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ApplicationType {
    Native,
    Web,
}

/// Why metadata are refused (RFC 7591 section 3.2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{description}")]
pub(crate) struct InvalidMetadata {
    pub(crate) code: RegistrationErrorCode,
    /// A fixed text for the client's developer, which names the member.
    pub(crate) description: &'static str,
}

impl ClientMetadata {
    /// The client that these metadata describe.
    ///
    /// Without a proven `host` it has the one of its `client_uri`, if answers go there too: a client can write down any
    /// address as its own.
    ///
    /// `scope` is no limit: the client wrote it itself, and asks for more when a tool needs more. It says what the client
    /// is after when it does not ask.
    pub(crate) fn client(&self, id: &ClientId, origin: ClientOrigin, host: Option<&str>) -> Client {
        let described = || self.description.client_uri.as_ref()?.host_str().filter(|it| self.sends_to(it));
        Client {
            id: id.clone(),
            origin,
            name: self.description.client_name.clone(),
            host: host.or_else(described).map(str::to_owned),
            redirect_uris: self.redirect_uris.clone(),
            auth_method: self.token_endpoint_auth_method,
            grant_types: self.grant_types.clone(),
            scope: None,
            default_scope: self.scope.as_ref().and_then(|it| it.parse().ok()),
            dpop_bound_access_tokens: self.dpop_bound_access_tokens,
            require_pushed_authorization_requests: self.require_pushed_authorization_requests,
        }
    }

    fn sends_to(&self, host: &str) -> bool {
        let urls = self.redirect_uris.iter().map(RedirectUri::url);
        urls.filter(|it| it.scheme() == "https").any(|it| it.host_str() == Some(host))
    }

    /// Where the keys are, if there are any.
    pub(crate) fn keys(&self) -> Option<ClientKeys> {
        let inline = self.jwks.clone().map(ClientKeys::Inline);
        inline.or_else(|| self.jwks_uri.clone().map(ClientKeys::Uri))
    }
}

impl InvalidMetadata {
    pub(crate) const fn new(description: &'static str) -> Self {
        Self { code: RegistrationErrorCode::InvalidClientMetadata, description }
    }

    pub(crate) const fn redirect_uri(description: &'static str) -> Self {
        Self { code: RegistrationErrorCode::InvalidRedirectUri, description }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_false(value: &bool) -> bool {
    !*value
}

/// What an earlier version stored may be refused by now: such a URI is dropped, and the record stays readable.
fn those_allowed<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<RedirectUri>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    Ok(texts.into_iter().filter_map(|it| it.parse().ok()).collect())
}
