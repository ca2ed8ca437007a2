//! Requests to the token endpoint, written by the `oauth2` crate, and what comes back.

use std::{pin::Pin, time::Duration};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, header::USER_AGENT};
use oauth_types::UnixTime;
use oauth2::{
    AsyncHttpClient, AuthType, AuthUrl, EndpointNotSet, EndpointSet, ExtraTokenFields, HttpRequest,
    HttpResponse, RequestTokenError, StandardErrorResponse, StandardTokenResponse, TokenResponse, TokenUrl,
    basic::{
        BasicErrorResponse, BasicErrorResponseType, BasicRevocationErrorResponse,
        BasicTokenIntrospectionResponse, BasicTokenType,
    },
};
use outbound_http::{FetchError, HttpClient};
use serde::{Deserialize, Serialize};

use crate::{
    AccessToken, Endpoint, IdToken, ProviderSettings, RefreshToken, Temporary, ThirdPartyTokens, TokenAuth,
    WireCode,
    answer::{AGENT, LIMITS, retry_after},
    discovery::Endpoints,
    preset::Preset,
};

mod normalise;
pub(crate) mod scopes;

/// Access tokens without a stated life but with a refresh token are taken to live this long.
const DEFAULT_LIFE: Duration = Duration::from_secs(60 * 60);

/// The `oauth2` crate's client with the two endpoints that we use through it.
pub(crate) type Client = oauth2::Client<
    BasicErrorResponse,
    Answer,
    BasicTokenIntrospectionResponse,
    oauth2::StandardRevocableToken,
    BasicRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
>;

pub(crate) type Answer = StandardTokenResponse<IdTokenField, BasicTokenType>;

/// The member that OpenID Connect adds to a token answer (OpenID Connect Core section 3.1.3.3).
#[derive(Clone, Deserialize, Serialize)]
pub(crate) struct IdTokenField {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id_token: Option<String>,
}

impl ExtraTokenFields for IdTokenField {}

impl std::fmt::Debug for IdTokenField {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("IdTokenField").finish_non_exhaustive()
    }
}

/// Why there are no tokens.
#[derive(Debug)]
pub(crate) enum TokenFailure {
    /// The third party says in OAuth's words that the code or the refresh token is over.
    Grant(WireCode),
    /// It answered nonsense with status 200.
    Nonsense(&'static str),
    Temporary(Temporary),
}

/// The client of `settings` at `endpoints`.
pub(crate) fn client(settings: &ProviderSettings, preset: &Preset, endpoints: &Endpoints) -> Client {
    let auth = match auth_of(settings, preset, endpoints) {
        TokenAuth::Basic => AuthType::BasicAuth,
        TokenAuth::Post => AuthType::RequestBody,
    };
    let client = oauth2::Client::new(oauth2::ClientId::new(settings.client_id.as_str().to_owned()))
        .set_auth_type(auth)
        .set_auth_uri(AuthUrl::from_url(endpoints.authorization.clone()))
        .set_token_uri(TokenUrl::from_url(endpoints.token.clone()));
    match &settings.client_secret {
        Some(secret) => client.set_client_secret(oauth2::ClientSecret::new(secret.expose().to_owned())),
        None => client,
    }
}

/// How the client authenticates: as configured, else as the preset knows, else as the metadata says
/// (RFC 8414 section 2: `client_secret_basic` where it is silent).
pub(crate) fn auth_of(settings: &ProviderSettings, preset: &Preset, endpoints: &Endpoints) -> TokenAuth {
    let methods = &endpoints.token_auth_methods;
    let listed = |name: &str| methods.iter().any(|it| it == name);
    let advertised = if listed("client_secret_post") && !listed("client_secret_basic") {
        TokenAuth::Post
    } else {
        TokenAuth::Basic
    };
    settings.token_auth.or(preset.token_auth).unwrap_or(advertised)
}

/// Sends the requests of the `oauth2` crate and gives it answers that it can only read one way.
///
/// What is wrong with an answer is found here, so that the crate's own errors, which hold the whole body, never
/// come to be.
/// A type and not a closure, so that the futures around it are seen to be `Send`.
pub(crate) struct Sender<'a> {
    pub(crate) http: &'a dyn HttpClient,
    pub(crate) preset: &'a Preset,
}

impl<'c> AsyncHttpClient<'c> for Sender<'_> {
    type Error = SendError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, SendError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(async move {
            let (mut parts, body) = request.into_parts();
            parts.headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
            let request = Request::from_parts(parts, Bytes::from(body));
            let response = self.http.send(request, LIMITS).await.map_err(SendError::NoAnswer)?;
            normalise::normalise(&response, self.preset)
        })
    }
}

/// Why an answer is not passed on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SendError {
    #[error("no answer")]
    NoAnswer(#[source] FetchError),
    #[error("status {0}")]
    Status(u16, Option<Duration>),
    #[error("{0}")]
    Nonsense(&'static str),
}

impl SendError {
    fn status(response: &Response<Bytes>) -> Self {
        Self::Status(response.status().as_u16(), retry_after(response.headers()))
    }
}

/// The tokens of `outcome`, which arrived at `now`.
pub(crate) fn tokens(
    outcome: Result<Answer, RequestTokenError<SendError, BasicErrorResponse>>,
    settings: &ProviderSettings,
    preset: &Preset,
    now: UnixTime,
) -> Result<ThirdPartyTokens, TokenFailure> {
    let answer = outcome.map_err(|error| failure(error, preset))?;
    let refresh = answer.refresh_token().map(|it| RefreshToken::new(it.secret().clone()));
    let life = answer.expires_in().or(refresh.as_ref().map(|_| DEFAULT_LIFE));
    let granted = answer.scopes().map(|granted| {
        let words: Vec<&str> = granted.iter().map(|it| it.as_str()).collect();
        scopes::as_asked(&words.join(" "), &settings.scope_prefix, preset)
    });
    Ok(ThirdPartyTokens {
        access: AccessToken::new(answer.access_token().secret().clone()),
        refresh,
        expires_at: life.map(|it| now + it),
        scope: granted.filter(|it| !it.is_empty()),
        id_token: answer.extra_fields().id_token.clone().map(IdToken::new),
    })
}

fn failure(error: RequestTokenError<SendError, BasicErrorResponse>, preset: &Preset) -> TokenFailure {
    let endpoint = Endpoint::Token;
    match error {
        RequestTokenError::ServerResponse(refusal) => refused(&refusal, preset),
        RequestTokenError::Request(SendError::NoAnswer(FetchError::TooLarge(_))) => {
            TokenFailure::Nonsense("more than fits")
        }
        RequestTokenError::Request(SendError::NoAnswer(source)) => {
            TokenFailure::Temporary(Temporary::NoAnswer { endpoint, source })
        }
        RequestTokenError::Request(SendError::Status(status, retry_after)) => {
            TokenFailure::Temporary(Temporary::Status { endpoint, status, retry_after })
        }
        RequestTokenError::Request(SendError::Nonsense(what)) => TokenFailure::Nonsense(what),
        // The body is dropped unread: it may hold tokens.
        RequestTokenError::Parse(..) | RequestTokenError::Other(_) => {
            TokenFailure::Nonsense("something that is no token answer")
        }
    }
}

/// Only these codes speak of the grant; all others are about us, or about a bad day (RFC 6749 section 5.2).
fn refused(refusal: &StandardErrorResponse<BasicErrorResponseType>, preset: &Preset) -> TokenFailure {
    let code = WireCode::of(refusal.error().as_ref());
    if code.as_str() == "invalid_grant" || preset.ended_codes.contains(&code.as_str()) {
        return TokenFailure::Grant(code);
    }
    TokenFailure::Temporary(Temporary::Refused { endpoint: Endpoint::Token, code })
}
