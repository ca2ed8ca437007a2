//! The answer to a request that is not forwarded.

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, header};
use oauth_types::Scope;
use resource_metadata::{Challenge, ErrorDescription, ProtectedResource};
use serde_json::json;

use crate::{reason::Reason, request_id::RequestId};

/// A refusal, with all that its answer needs.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) reason: Reason,
    /// For the log only.
    pub(crate) detail: Option<String>,
    challenge: Option<HeaderValue>,
    allow: Option<&'static str>,
}

impl Refusal {
    /// The methods that the place does take, for 405 (RFC 9110 section 10.2.1).
    pub(crate) fn allowing(mut self, methods: &'static str) -> Self {
        self.allow = Some(methods);
        self
    }

    /// Credentials that did not pass, with the challenge of `resource` where the RFC asks for one.
    pub(crate) fn of_token(refusal: &token_validate::Refusal, resource: &ProtectedResource) -> Self {
        let reason = Reason::Token(refusal.reason);
        let challenge = match (refusal.reason.bearer_error(), refusal.reason.status()) {
            (Some(error), _) => Some(Challenge::refused(
                resource,
                error,
                ErrorDescription::from_static(refusal.reason.description()),
            )),
            (None, 401) => Some(Challenge::missing(resource)),
            (None, _) => None,
        };
        Self {
            challenge: challenge.map(|it| it.to_header_value()),
            detail: Some(refusal.to_string()),
            ..Self::from(reason)
        }
    }

    /// A good token whose grant has ended (RFC 6750 section 3.1).
    pub(crate) fn of_grant(resource: &ProtectedResource) -> Self {
        let reason = Reason::GrantEnded;
        let description = ErrorDescription::from_static(reason.description());
        let challenge = Challenge::refused(resource, oauth_types::BearerError::InvalidToken, description);
        Self { challenge: Some(challenge.to_header_value()), ..Self::from(reason) }
    }

    /// A good token without the scope; the challenge names `needed` (RFC 6750 section 3.1).
    pub(crate) fn of_scope(resource: &ProtectedResource, needed: &Scope, missing: &Scope) -> Self {
        let reason = Reason::ScopeInsufficient;
        let description = ErrorDescription::from_static(reason.description());
        let challenge =
            Challenge::refused(resource, oauth_types::BearerError::InsufficientScope, description);
        Self {
            challenge: Some(challenge.with_scope(needed).to_header_value()),
            detail: Some(format!("missing: {missing}")),
            ..Self::from(reason)
        }
    }

    /// The answer: what the RFC allows, a fixed description and the request id.
    pub(crate) fn into_response(self, request_id: RequestId) -> Response {
        if let Some(detail) = &self.detail {
            tracing::debug!(request.id = %request_id, reason = self.reason.code(), detail, "refused");
        }
        let body = json!({
            "error": self.wire_error(),
            "error_description": self.reason.description(),
            "request_id": request_id.to_string(),
        });
        let mut response = (self.reason.status(), Body::from(body.to_string())).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(challenge) = self.challenge {
            headers.insert(header::WWW_AUTHENTICATE, challenge);
        }
        if let Some(methods) = self.allow {
            headers.insert(header::ALLOW, HeaderValue::from_static(methods));
        }
        if self.reason.status() == http::StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER_SECONDS));
        }
        if self.reason == Reason::FramingMalformed {
            // Nobody knows where the next request would begin (RFC 9112 section 6.3).
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        response.extensions_mut().insert(self.reason);
        response
    }

    /// The registered code where there is one; our own otherwise.
    fn wire_error(&self) -> &'static str {
        match self.reason {
            Reason::Token(reason) if reason.status() == 503 => "temporarily_unavailable",
            Reason::Token(reason) => {
                reason.bearer_error().map_or("unauthorized", oauth_types::BearerError::as_str)
            }
            Reason::AddressFails => "temporarily_unavailable",
            Reason::GrantEnded => oauth_types::BearerError::InvalidToken.as_str(),
            Reason::ScopeInsufficient => oauth_types::BearerError::InsufficientScope.as_str(),
            other => other.code(),
        }
    }
}

impl From<Reason> for Refusal {
    fn from(reason: Reason) -> Self {
        Self { reason, detail: None, challenge: None, allow: None }
    }
}

const RETRY_AFTER_SECONDS: &str = "2";
