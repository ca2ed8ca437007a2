//! The answer to a request that is not forwarded.

use std::{sync::Arc, time::Duration};

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::{HeaderName, HeaderValue, StatusCode, header};
use mcp_message::{ErrorCode, Id, error_body_with};
use oauth_types::{BearerError, Scope};
use resource_metadata::{Challenge, ErrorDescription, ProtectedResource};
use serde_json::{json, value::RawValue};

use crate::{
    access::{DPOP_NONCE, Principal},
    credential::CredentialError,
    reason::Reason,
    request_id::RequestId,
};

/// A refusal, with all that its answer needs.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) reason: Reason,
    detail: Option<Detail>,
    /// What its answer has beside the headers of every refusal.
    headers: Vec<(HeaderName, HeaderValue)>,
    /// Where the person can do something about it.
    place: Option<String>,
    /// The message that it answers, if it is to be answered by one.
    message: Option<RefusedMessage>,
}

/// What an answer by a JSON-RPC error needs.
#[derive(Debug)]
struct RefusedMessage {
    code: ErrorCode,
    /// The id of the request as it was written; an error about a batch or a notification has none.
    id: Option<Box<RawValue>>,
}

/// What the log line says beyond the reason: names and values of claims, never token text, and no more than
/// [`MOST_DETAIL`] characters.
///
/// Whoever writes it into a log must escape it.
#[derive(Clone, Debug)]
pub(crate) struct Detail(Arc<str>);

impl Detail {
    fn new(text: &str) -> Self {
        match text.char_indices().nth(MOST_DETAIL) {
            Some((end, _)) => Self(format!("{}…", text.get(..end).unwrap_or_default()).into()),
            None => Self(text.into()),
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Refusal {
    /// Adds what the operator should know beyond the reason.
    pub(crate) fn with_detail(mut self, detail: &str) -> Self {
        self.detail = Some(Detail::new(detail));
        self
    }

    /// What the operator should know beyond the reason.
    pub(crate) fn detail(&self) -> Option<&str> {
        self.detail.as_ref().map(Detail::as_str)
    }

    /// When the next request may come, in whole seconds (RFC 9110 section 10.2.3).
    pub(crate) fn retry_after(mut self, time: Duration) -> Self {
        self.headers.push((header::RETRY_AFTER, HeaderValue::from(time.as_secs())));
        self
    }

    /// The methods that the place does take, for 405 (RFC 9110 section 10.2.1).
    pub(crate) fn allowing(mut self, methods: &'static str) -> Self {
        self.headers.push((header::ALLOW, HeaderValue::from_static(methods)));
        self
    }

    /// Credentials that did not pass, with the challenge of `resource` where the RFC asks for one.
    pub(crate) fn of_token(refusal: &token_validate::Refusal, resource: &ProtectedResource) -> Self {
        let challenge = challenge(refusal.reason, resource);
        Self::of_credentials(refusal).challenging(challenge)
    }

    /// The same for credentials that came with a proof, or should have; `nonce` is what the next proof must hold
    /// (RFC 9449 sections 7.1 and 9).
    pub(crate) fn of_proof(
        refusal: &token_validate::Refusal,
        resource: &ProtectedResource,
        nonce: Option<&str>,
    ) -> Self {
        let challenge = challenge(refusal.reason, resource).map(Challenge::for_dpop);
        let mut refused = Self::of_credentials(refusal).challenging(challenge);
        let nonce = nonce.and_then(|it| HeaderValue::from_str(it).ok());
        refused.headers.extend(nonce.map(|it| (DPOP_NONCE, it)));
        refused
    }

    /// An API key that did not pass, or that did not come alone; it is challenged as a token would be, so that clients
    /// with OAuth find where to sign in.
    pub(crate) fn of_api_key(reason: Reason, resource: &ProtectedResource) -> Self {
        let error = match reason.status() {
            StatusCode::BAD_REQUEST => BearerError::InvalidRequest,
            _ => BearerError::InvalidToken,
        };
        let description = ErrorDescription::from_static(reason.description());
        Self::from(reason).challenging(Some(Challenge::refused(resource, error, description)))
    }

    /// A principal whose grant has ended (RFC 6750 section 3.1).
    pub(crate) fn of_grant(resource: &ProtectedResource, principal: &Principal) -> Self {
        let reason = Reason::GrantEnded;
        let description = ErrorDescription::from_static(reason.description());
        let challenge = Challenge::refused(resource, BearerError::InvalidToken, description);
        Self::from(reason).challenging(Some(in_scheme_of(principal, challenge)))
    }

    /// A principal without the scope `needed`; the challenge names `named` (RFC 6750 section 3.1).
    pub(crate) fn of_scope(
        resource: &ProtectedResource,
        principal: &Principal,
        needed: &Scope,
        named: &Scope,
    ) -> Self {
        let reason = Reason::ScopeInsufficient;
        let description = ErrorDescription::from_static(reason.description());
        let missing = principal.scope().missing(needed);
        if !principal.has_credential() {
            return Self::of_missing(resource, needed, &format!("missing: {missing}"));
        }
        let challenge = Challenge::refused(resource, BearerError::InsufficientScope, description);
        Self::from(reason)
            .with_detail(&format!("missing: {missing}"))
            .challenging(Some(in_scheme_of(principal, challenge.with_scope(named))))
    }

    /// The same for one operation that needs more than the server does.
    pub(crate) fn of_operation(
        resource: &ProtectedResource,
        principal: &Principal,
        needed: &Scope,
        detail: &str,
    ) -> Self {
        if !principal.has_credential() {
            return Self::of_missing(resource, needed, detail);
        }
        let reason = Reason::OperationScopeInsufficient;
        let description = ErrorDescription::from_static(reason.description());
        let challenge = Challenge::refused(resource, BearerError::InsufficientScope, description);
        Self::from(reason)
            .with_detail(detail)
            .challenging(Some(in_scheme_of(principal, challenge.with_scope(needed))))
    }

    /// Somebody without a credential who asked for more than that allows: signing in may help
    /// (RFC 6750 section 3.1, last paragraph).
    pub(crate) fn of_missing(resource: &ProtectedResource, needed: &Scope, detail: &str) -> Self {
        Self::from(Reason::Token(token_validate::Reason::TokenMissing))
            .with_detail(detail)
            .challenging(Some(Challenge::missing(resource).with_scope(needed)))
    }

    /// Answers by a JSON-RPC error to the request of this id, so that no client takes it for the answer of a server
    /// of an older revision (MCP 2026-07-28, backward compatibility).
    pub(crate) fn answering(mut self, code: ErrorCode, id: Option<Box<RawValue>>) -> Self {
        self.message = Some(RefusedMessage { code, id });
        self
    }

    /// No credential for the upstream, for a caller with a good token; one that has ended is to be authorized again.
    pub(crate) fn of_upstream_credential(
        error: &CredentialError,
        resource: &ProtectedResource,
        principal: &Principal,
    ) -> Self {
        let refused =
            Self { place: error.place.clone(), ..Self::from(error.reason) }.with_detail(&error.detail);
        if error.reason != Reason::CredentialRefused {
            return refused;
        }
        let description = ErrorDescription::from_static(error.reason.description());
        let challenge = Challenge::refused(resource, BearerError::InvalidToken, description);
        refused.challenging(Some(in_scheme_of(principal, challenge)))
    }

    fn of_credentials(refusal: &token_validate::Refusal) -> Self {
        Self { detail: refusal.detail().map(Detail::new), ..Self::from(Reason::Token(refusal.reason)) }
    }

    /// The challenge, and behind it what is offered beside it.
    fn challenging(mut self, challenge: Option<Challenge>) -> Self {
        if let Some(challenge) = challenge {
            let all = std::iter::once(challenge.to_header_value()).chain(challenge.alternative());
            self.headers.extend(all.map(|it| (header::WWW_AUTHENTICATE, it)));
        }
        self
    }

    /// The answer: what the RFC allows, a fixed description and the request id.
    pub(crate) fn into_response(self, request_id: RequestId) -> Response {
        let body = match &self.message {
            Some(message) => message.error(self.reason, request_id),
            None => self.oauth_error(request_id),
        };
        let mut response = (self.reason.status(), Body::from(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        for (name, value) in self.headers {
            headers.append(name, value);
        }
        if self.reason.status() == http::StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER_SECONDS));
        }
        if self.reason == Reason::FramingMalformed {
            // Nobody knows where the next request would begin (RFC 9112 section 6.3).
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        response.extensions_mut().insert(self.reason);
        if let Some(detail) = self.detail {
            response.extensions_mut().insert(detail);
        }
        response
    }

    fn oauth_error(&self, request_id: RequestId) -> String {
        let (error, description) = (self.wire_error(), self.reason.description());
        let request_id = request_id.to_string();
        let body = match &self.place {
            None => json!({ "error": error, "error_description": description, "request_id": request_id }),
            // For people, whose clients show them the description, and for programs.
            Some(place) => json!({
                "error": error,
                "error_description": format!("{description}: connect it at {place} and try again"),
                "connect_uri": place.as_str(),
                "request_id": request_id,
            }),
        };
        body.to_string()
    }

    /// The registered code where there is one, else a word for the status: the reason is for the operator alone.
    fn wire_error(&self) -> &'static str {
        match self.reason {
            Reason::Token(reason) => {
                reason.bearer_error().map_or_else(|| word(self.reason.status()), BearerError::as_str)
            }
            // The code that clients of a token endpoint know; HTTP has none.
            Reason::AddressFails => "temporarily_unavailable",
            Reason::GrantEnded
            | Reason::CredentialRefused
            | Reason::ApiKeyMalformed
            | Reason::ApiKeyUnknown
            | Reason::ApiKeyExpired
            | Reason::ApiKeyRevoked
            | Reason::ApiKeyNotTaken => BearerError::InvalidToken.as_str(),
            Reason::ScopeInsufficient | Reason::OperationScopeInsufficient => {
                BearerError::InsufficientScope.as_str()
            }
            other => word(other.status()),
        }
    }
}

impl RefusedMessage {
    fn error(&self, reason: Reason, request_id: RequestId) -> String {
        let id = self.id.as_deref().and_then(|it| Id::new(it).ok());
        let data = json!({ "request_id": request_id.to_string() });
        error_body_with(id, self.code, reason.description(), &data)
    }
}

/// What a status is called in the body.
fn word(status: StatusCode) -> &'static str {
    match status.as_u16() {
        401 => "unauthorized",
        403 => "forbidden",
        404 => "not_found",
        408 => "request_timeout",
        413 => "content_too_large",
        415 => "unsupported_media_type",
        421 => "misdirected_request",
        429 => "too_many_requests",
        431 => "header_fields_too_large",
        503 => "temporarily_unavailable",
        504 => "gateway_timeout",
        502 | 508 => "bad_gateway",
        500.. => "server_error",
        _ => BearerError::InvalidRequest.as_str(),
    }
}

impl From<Reason> for Refusal {
    fn from(reason: Reason) -> Self {
        Self { reason, detail: None, headers: Vec::new(), place: None, message: None }
    }
}

fn challenge(reason: token_validate::Reason, resource: &ProtectedResource) -> Option<Challenge> {
    match (reason.bearer_error(), reason.status()) {
        (Some(error), _) => {
            let description = ErrorDescription::from_static(reason.description());
            Some(Challenge::refused(resource, error, description))
        }
        (None, 401) => Some(Challenge::missing(resource)),
        (None, _) => None,
    }
}

/// A token that came with a proof is answered in the scheme of proofs.
fn in_scheme_of(principal: &Principal, challenge: Challenge) -> Challenge {
    if principal.is_bound_to_key() { challenge.for_dpop() } else { challenge }
}

const RETRY_AFTER_SECONDS: &str = "2";

/// Four claims as they are quoted, and some words.
const MOST_DETAIL: usize = 400;

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;
    use oauth_types::SystemEntropy;
    use serde_json::Value;

    use super::*;
    use crate::request_id::RequestIds;

    async fn body(reason: Reason) -> Value {
        let response = Refusal::from(reason).into_response(RequestIds::new(&SystemEntropy).next());
        assert_eq!(response.status(), reason.status());
        serde_json::from_slice(&response.into_body().collect().await.unwrap().to_bytes()).unwrap()
    }

    #[tokio::test]
    async fn m06_no_answer_holds_a_reason() {
        let codes: Vec<_> = Reason::all().map(Reason::code).collect();
        for reason in Reason::all() {
            let body = body(reason).await;
            let error = body["error"].as_str().unwrap();
            assert!(!codes.contains(&error), "{error} of {reason:?}");
            assert_eq!(body["error_description"], reason.description());
            assert!(body["request_id"].is_string());
        }
        assert_eq!(body(Reason::HostUnknown).await["error"], "misdirected_request");
        assert_eq!(body(Reason::Internal).await["error"], "server_error");
        let upstream = |it| Reason::Upstream(it);
        assert_eq!(body(upstream(mcp_proxy::ForwardReason::Unauthorized)).await["error"], "bad_gateway");
        assert_eq!(body(upstream(mcp_proxy::ForwardReason::Timeout)).await["error"], "gateway_timeout");
        assert_eq!(body(Reason::Token(token_validate::Reason::TokenExpired)).await["error"], "invalid_token");
    }

    #[test]
    fn m04_a_detail_is_bounded() {
        assert_eq!(Detail::new("aud").as_str(), "aud");
        assert_eq!(Detail::new(&"\u{e9}".repeat(9999)).as_str().chars().count(), MOST_DETAIL + 1);
    }
}
