//! The page that asks, and what its two buttons do.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    body::{Body, Bytes},
    extract::{RawQuery, State},
    http::{
        HeaderValue, Response, StatusCode,
        header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, REFERRER_POLICY},
    },
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use oauth_server::{
    AuthorizationRequest, AuthorizationResponse, AuthorizeRefusal, ClientOrigin, ServerSettings,
};
use oauth_types::{AuthorizeErrorCode, Entropy};
use url::form_urlencoded;

use crate::{Server, memory_grants::MemoryGrants};

/// The requests that wait for an answer, by a name that only the page knows.
#[derive(Debug)]
pub(crate) struct Consent {
    settings: Arc<ServerSettings>,
    grants: Arc<MemoryGrants>,
    entropy: Arc<dyn Entropy>,
    waiting: Mutex<HashMap<String, AuthorizationRequest>>,
}

impl Consent {
    pub(crate) fn new(
        settings: Arc<ServerSettings>,
        grants: Arc<MemoryGrants>,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        Self { settings, grants, entropy, waiting: Mutex::default() }
    }

    fn keep(&self, request: AuthorizationRequest) -> String {
        let mut bytes = [0; 32];
        self.entropy.fill(&mut bytes);
        let name = URL_SAFE_NO_PAD.encode(bytes);
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        // This is no place to wait for long, and memory ends.
        if waiting.len() >= 1000 {
            waiting.clear();
        }
        waiting.insert(name.clone(), request);
        name
    }

    fn take(&self, name: &str) -> Option<AuthorizationRequest> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(name)
    }
}

/// `GET /authorize`
pub(crate) async fn ask(State(server): State<Arc<Server>>, RawQuery(query): RawQuery) -> Response<Body> {
    match server.authorize.check(query.as_deref(), None).await {
        Ok(request) => {
            let who = request.client.name.as_deref().unwrap_or(request.client.id.as_str()).to_owned();
            let (scope, place) = (request.scope.to_string(), request.redirect_uri.place());
            let name = server.consent.keep(request);
            page(
                StatusCode::OK,
                &format!(
                    "<h1>Let {} act for you?</h1><p>It asks for: {}. You will be sent to {}.</p>\
                     <form method=post action=/consent><input type=hidden name=request value={name}>\
                     <button name=answer value=yes>Yes</button> <button name=answer value=no>No</button></form>",
                    escaped(&who),
                    escaped(&scope),
                    escaped(&place),
                ),
            )
        }
        Err(AuthorizeRefusal::Page(error)) => refusal(&error.to_string()),
        // Nobody vouches for the sites of clients that registered themselves (RFC 9700 section 4.11.2).
        Err(AuthorizeRefusal::Redirect(error))
            if error.client.origin == ClientOrigin::Registered && !error.redirect_uri.is_loopback() =>
        {
            refusal(error.description)
        }
        Err(AuthorizeRefusal::Redirect(error)) => see_other(&error.location),
    }
}

/// `POST /consent`
pub(crate) async fn answer(State(server): State<Arc<Server>>, form: Bytes) -> Response<Body> {
    let field = |name: &str| form_urlencoded::parse(&form).find(|(it, _)| it == name).map(|(_, value)| value);
    let Some(request) = field("request").and_then(|it| server.consent.take(&it)) else {
        return page(StatusCode::BAD_REQUEST, "<h1>This page is too old</h1><p>Please start again.</p>");
    };
    let response = AuthorizationResponse {
        redirect_uri: &request.redirect_uri,
        state: request.state.as_deref(),
        issuer: server.consent.settings.response_issuer(),
    };
    if field("answer").as_deref() == Some("yes") {
        let code = server.consent.grants.issue_code(request.clone(), "alice");
        return see_other(&response.code(code.expose()));
    }
    see_other(&response.error(AuthorizeErrorCode::AccessDenied, "the person said no"))
}

fn refusal(reason: &str) -> Response<Body> {
    page(StatusCode::BAD_REQUEST, &format!("<h1>This does not work</h1><p>{}.</p>", escaped(reason)))
}

fn page(status: StatusCode, content: &str) -> Response<Body> {
    let mut response = Response::new(Body::from(format!("<!doctype html><meta charset=utf-8>{content}")));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"),
    );
    private(response)
}

/// 303, so that the browser does not send the form on (RFC 9700 section 4.12).
fn see_other(location: &str) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SEE_OTHER;
    response.headers_mut().extend(HeaderValue::try_from(location).ok().map(|it| (LOCATION, it)));
    private(response)
}

fn private(mut response: Response<Body>) -> Response<Body> {
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
