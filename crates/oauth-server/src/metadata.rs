use bytes::Bytes;
use http::{
    HeaderValue, Method, Response,
    header::{CACHE_CONTROL, CONTENT_TYPE},
};
use oauth_types::{ResourceUri, ScopeToken};
use serde::Serialize;

use crate::{ClientAuthMethod, GrantType, ServerSettings, paths};

/// The metadata document of this authorization server (RFC 8414 section 2), which is also its OpenID Connect
/// discovery document for clients that look for that one only (MCP "Authorization Server Metadata Discovery").
///
/// It does not depend on the request; it is rendered once.
#[derive(Clone, Debug)]
pub struct ServerMetadata {
    body: Bytes,
    locations: Vec<String>,
}

impl ServerMetadata {
    /// The methods that get it; there is nothing to protect.
    pub const METHODS: &[Method] = &[Method::GET, Method::HEAD];

    /// The document that `settings` come to.
    #[must_use]
    pub fn new(settings: &ServerSettings) -> Self {
        // A struct of texts and lists always serializes.
        let body = serde_json::to_vec(&Members::of(settings)).unwrap_or_default();
        Self { body: body.into(), locations: locations(settings) }
    }

    /// The document, as on the wire.
    #[must_use]
    pub const fn body(&self) -> &Bytes {
        &self.body
    }

    /// The paths where clients look for it, each once: for the issuer at the root, and, as some clients do, for each
    /// resource with its path inserted, with or without a slash at the end, or in front.
    #[must_use]
    pub fn locations(&self) -> &[String] {
        &self.locations
    }

    /// The answer that carries it; it may be kept for five minutes.
    #[must_use]
    pub fn answer(&self) -> Response<Bytes> {
        let mut response = Response::new(self.body.clone());
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
        response
    }
}

/// The members in the order of RFC 8414 section 2, then those of other texts.
#[derive(Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "the document has them")]
struct Members<'a> {
    issuer: &'a str,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    registration_endpoint: Option<String>,
    scopes_supported: Vec<&'a str>,
    response_types_supported: [&'static str; 1],
    response_modes_supported: [&'static str; 1],
    grant_types_supported: Vec<&'static str>,
    token_endpoint_auth_methods_supported: Vec<&'static str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    token_endpoint_auth_signing_alg_values_supported: &'a [String],
    revocation_endpoint: String,
    revocation_endpoint_auth_methods_supported: Vec<&'static str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    revocation_endpoint_auth_signing_alg_values_supported: &'a [String],
    introspection_endpoint: String,
    introspection_endpoint_auth_methods_supported: Vec<&'static str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    introspection_endpoint_auth_signing_alg_values_supported: &'a [String],
    code_challenge_methods_supported: [&'static str; 1],
    /// RFC 9449 section 5.1.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    dpop_signing_alg_values_supported: &'a [String],
    /// RFC 9126 section 5.
    #[serde(skip_serializing_if = "Option::is_none")]
    pushed_authorization_request_endpoint: Option<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    require_pushed_authorization_requests: bool,
    /// RFC 9207 section 3.
    authorization_response_iss_parameter_supported: bool,
    /// RFC 9728 section 4.
    protected_resources: Vec<&'a ResourceUri>,
    /// Identity assertions (draft-ietf-oauth-identity-assertion-authz-grant section 7.2).
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    authorization_grant_profiles_supported: &'static [&'static str],
    /// Client ID metadata documents.
    client_id_metadata_document_supported: bool,
    /// What readers of OpenID Connect Discovery section 3 demand; no ID token is issued.
    subject_types_supported: [&'static str; 1],
    id_token_signing_alg_values_supported: [&'static str; 1],
    claims_parameter_supported: bool,
    request_parameter_supported: bool,
    /// Left out it would mean `true`.
    request_uri_parameter_supported: bool,
}

impl<'a> Members<'a> {
    fn of(settings: &'a ServerSettings) -> Self {
        let all_methods = || methods(settings, |_| true);
        let algorithms = if settings.auth_methods.contains(&ClientAuthMethod::PrivateKeyJwt) {
            settings.assertion_algorithms.as_slice()
        } else {
            &[]
        };
        Self {
            issuer: settings.issuer().as_str(),
            authorization_endpoint: settings.url(paths::AUTHORIZE),
            token_endpoint: settings.url(paths::TOKEN),
            jwks_uri: settings.url(paths::JWKS),
            registration_endpoint: settings.registration.then(|| settings.url(paths::REGISTER)),
            scopes_supported: scopes(settings),
            response_types_supported: ["code"],
            response_modes_supported: ["query"],
            grant_types_supported: settings.grant_types().into_iter().map(GrantType::as_str).collect(),
            token_endpoint_auth_methods_supported: all_methods(),
            token_endpoint_auth_signing_alg_values_supported: algorithms,
            revocation_endpoint: settings.url(paths::REVOKE),
            revocation_endpoint_auth_methods_supported: all_methods(),
            revocation_endpoint_auth_signing_alg_values_supported: algorithms,
            introspection_endpoint: settings.url(paths::INTROSPECT),
            introspection_endpoint_auth_methods_supported: methods(settings, |it| {
                it != ClientAuthMethod::None
            }),
            introspection_endpoint_auth_signing_alg_values_supported: algorithms,
            code_challenge_methods_supported: ["S256"],
            dpop_signing_alg_values_supported: &settings.dpop_algorithms,
            pushed_authorization_request_endpoint: settings
                .pushed_authorization_requests
                .then(|| settings.url(paths::PUSH)),
            require_pushed_authorization_requests: settings.require_pushed_authorization_requests,
            authorization_response_iss_parameter_supported: settings.response_issuer,
            protected_resources: settings.resources().iter().map(|it| &it.resource).collect(),
            authorization_grant_profiles_supported: if settings.trusted_issuers.is_empty() {
                &[]
            } else {
                &GRANT_PROFILES
            },
            client_id_metadata_document_supported: settings.client_id_metadata_documents,
            subject_types_supported: ["public"],
            id_token_signing_alg_values_supported: ["ES256"],
            claims_parameter_supported: false,
            request_parameter_supported: false,
            request_uri_parameter_supported: false,
        }
    }
}

fn methods(settings: &ServerSettings, wanted: fn(ClientAuthMethod) -> bool) -> Vec<&'static str> {
    settings.auth_methods.iter().filter(|it| wanted(**it)).map(|it| it.as_str()).collect()
}

/// Every scope of every resource, and `offline_access`, by which clients see that refresh tokens can be had
/// (MCP "Refresh Tokens"); it is named nowhere else.
fn scopes(settings: &ServerSettings) -> Vec<&str> {
    let mut all: Vec<&str> = Vec::new();
    let offered = settings.resources().iter().flat_map(|it| it.scopes.iter()).map(ScopeToken::as_str);
    for scope in offered.chain([OFFLINE_ACCESS]) {
        if !all.contains(&scope) {
            all.push(scope);
        }
    }
    all
}

fn locations(settings: &ServerSettings) -> Vec<String> {
    let mut all: Vec<String> = WELL_KNOWN.map(str::to_owned).into();
    for offered in settings.resources() {
        let path = offered.resource.path().trim_end_matches('/');
        let inserted = WELL_KNOWN.iter().map(|it| format!("{it}{path}"));
        let with_slash = WELL_KNOWN.iter().map(|it| format!("{it}{path}/")).filter(|_| !path.is_empty());
        let appended = WELL_KNOWN.iter().map(|it| format!("{path}{it}"));
        for location in inserted.chain(with_slash).chain(appended) {
            if !all.contains(&location) {
                all.push(location);
            }
        }
    }
    all
}

/// Asks for refresh tokens (OpenID Connect Core section 11).
pub(crate) const OFFLINE_ACCESS: &str = "offline_access";

const GRANT_PROFILES: [&str; 1] = ["urn:ietf:params:oauth:grant-profile:id-jag"];

const WELL_KNOWN: [&str; 2] =
    ["/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"];

#[cfg(test)]
mod tests;
