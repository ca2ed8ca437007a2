//! `POST /backchannel-logout/{provider}`: a third party tells of a sign-out (OpenID Connect Back-Channel Logout 1.0).

use std::{sync::Arc, time::Duration};

use aws_lc_rs::digest;
use axum::{
    Router,
    body::Body,
    extract::{Path, Request, State as Shared},
    response::{IntoResponse, Response},
    routing::post,
};
use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use http_body_util::BodyExt;
use oauth_client::{LogoutTokenRefusal, SignOut};
use oauth_types::{Clock, ProviderId};
use serde_json::json;
use session_binding::{EndCause, EndedSession};
use storage::{Key, Record, RecordStore, StoreError, Table};
use token_manager::RevokeSelector;
use url::form_urlencoded;

use super::{
    adapters::{Foundations, LOGOUT_TOKENS_LAST, NotEnded},
    endpoints::Failures,
    with_reason::with_reason,
};
use crate::{reason::Reason, refusal::Refusal, request_body::BoundedBody, service::Arrival};

/// What the endpoint works with.
#[derive(Clone, Debug)]
pub(super) struct BackChannelLogout {
    pub(super) foundations: Foundations,
    /// Remembers the logout tokens that were here.
    pub(super) store: Arc<dyn RecordStore>,
    pub(super) clock: Arc<dyn Clock>,
    /// What was refused to whom.
    pub(super) failures: Failures,
    /// How long the body may pause.
    pub(super) body_idle: Duration,
}

/// The place; each third party has its own.
pub(super) fn router(endpoint: BackChannelLogout) -> Router {
    Router::new().route(&format!("{BACK_CHANNEL_LOGOUT}/{{provider}}"), post(told)).with_state(endpoint)
}

/// Why nothing has ended.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error("there is no such third party")]
    Provider,
    #[error("the request is no form with one `logout_token`")]
    Form,
    #[error("the logout token is refused")]
    Token(#[source] LogoutTokenRefusal),
    #[error("the logout token was here before")]
    Replayed,
    #[error("not everything has ended")]
    Unfinished(#[from] NotEnded),
    #[error("the store gives no answer")]
    Store(#[from] StoreError),
}

async fn told(
    Shared(endpoint): Shared<BackChannelLogout>,
    Path(provider): Path<String>,
    request: Request,
) -> Response {
    let arrival = Arrival::of(&request);
    if let Some(refused) = endpoint.failures.too_many(&arrival) {
        return refused;
    }
    let (head, body) = request.into_parts();
    let (body, fault) = BoundedBody::new(body, MOST_BODY, endpoint.body_idle);
    let Ok(body) = body.collect().await else {
        let reason = fault.reason().unwrap_or(Reason::BodyTooSlow);
        return Refusal::from(reason).into_response(arrival.request_id);
    };
    let outcome = endpoint.end(&provider, &head.headers, &body.to_bytes()).await;
    let response =
        outcome.map_or_else(|refused| refused.answer(&provider), |()| answer(StatusCode::OK, Body::empty()));
    endpoint.failures.count(&arrival, response.status());
    with_reason(response)
}

impl BackChannelLogout {
    /// Ends what the token names, and remembers the token only then: one that ended nothing may come again.
    async fn end(&self, provider: &str, headers: &HeaderMap, body: &Bytes) -> Result<(), Refused> {
        let id: ProviderId = provider.parse().map_err(|_| Refused::Provider)?;
        let third_party = self.foundations.providers.find(&id).ok_or(Refused::Provider)?;
        let token = logout_token(headers, body).ok_or(Refused::Form)?;
        let sign_out = third_party.sign_out(&token).await.map_err(Refused::Token)?;
        let key = key(&id, &sign_out.token_id);
        if self.store.get(TABLE, &key).await?.is_some() {
            return Err(Refused::Replayed);
        }
        let ended = self.end_sessions(&id, &sign_out).await?;
        for session in &ended {
            self.foundations.end_all(session).await?;
        }
        self.end_the_rest(&sign_out).await?;
        let keep_until = self.clock.now() + LOGOUT_TOKENS_LAST + MARGIN;
        self.store.insert_new(TABLE, &key, Record::new(TABLE, keep_until, [])).await?;
        tracing::info!(target: "audit", { %provider, sessions = ended.len() }, "signed out at the third party");
        Ok(())
    }

    /// Ends what a person holds without a sign-in here, by assertions of the same third party, if they signed out
    /// everywhere and not of one session.
    async fn end_the_rest(&self, sign_out: &SignOut) -> Result<(), NotEnded> {
        if let (Some(principal), None) = (&sign_out.principal, &sign_out.sid) {
            let person = RevokeSelector::Principal(principal.clone());
            self.foundations.grants.revoke(&person, token_manager::EndCause::ThirdPartyLogout).await?;
        }
        Ok(())
    }

    async fn end_sessions(
        &self,
        id: &ProviderId,
        sign_out: &SignOut,
    ) -> Result<Vec<EndedSession>, StoreError> {
        let (sessions, cause) = (&self.foundations.sessions, EndCause::BackChannelLogout);
        let sid = sign_out.sid.as_deref();
        match (&sign_out.principal, sid) {
            (Some(principal), _) => sessions.end_for_principal(principal, sid, cause).await,
            (None, Some(sid)) => sessions.end_for_sid(id, sid, cause).await,
            (None, None) => Ok(Vec::new()),
        }
    }
}

impl Refused {
    /// 400 for what is wrong with the request, 503 for what may be right later (section 2.8).
    fn answer(&self, provider: &str) -> Response {
        tracing::info!(provider, error = self as &dyn std::error::Error, "a logout token ended nothing");
        let status = match self {
            Self::Provider => StatusCode::NOT_FOUND,
            Self::Token(LogoutTokenRefusal::Temporary(_)) | Self::Unfinished(_) | Self::Store(_) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::Form | Self::Token(_) | Self::Replayed => StatusCode::BAD_REQUEST,
        };
        let error = match status {
            StatusCode::BAD_REQUEST => "invalid_request",
            StatusCode::NOT_FOUND => "not_found",
            _ => "temporarily_unavailable",
        };
        let body = json!({ "error": error, "error_description": self.to_string() });
        let mut response = answer(status, Body::from(body.to_string()));
        response
            .headers_mut()
            .insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
        response
    }
}

fn answer(status: StatusCode, body: Body) -> Response {
    (status, [(header::CACHE_CONTROL, "no-store")], body).into_response()
}

/// The one `logout_token` of a form.
fn logout_token(headers: &HeaderMap, body: &Bytes) -> Option<String> {
    let kind = headers.get(header::CONTENT_TYPE)?.to_str().ok()?.split(';').next()?.trim();
    if !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return None;
    }
    let mut tokens = form_urlencoded::parse(body).filter(|(name, _)| name == "logout_token");
    let token = tokens.next()?.1.into_owned();
    tokens.next().is_none().then_some(token)
}

/// An id of a provider has no colon.
fn key(provider: &ProviderId, token_id: &str) -> Key {
    let digest = digest::digest(&digest::SHA256, format!("{provider}:{token_id}").as_bytes());
    let mut bytes = [0; 32];
    bytes.copy_from_slice(digest.as_ref());
    Key::of(bytes)
}

/// Where third parties tell of sign-outs: each has its own, `/backchannel-logout/{provider}`.
const BACK_CHANNEL_LOGOUT: &str = "/backchannel-logout";
const TABLE: Table = Table::new("logout_tokens", 1);
/// For clocks that differ, on both sides of a token's time.
const MARGIN: Duration = Duration::from_secs(15 * 60);
const MOST_BODY: u64 = 32 * 1024;

#[cfg(test)]
mod tests;
