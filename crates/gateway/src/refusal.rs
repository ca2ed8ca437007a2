//! The answer to a request that is not forwarded.

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::{HeaderName, HeaderValue, header};
use oauth_types::{BearerError, Scope};
use resource_metadata::{Challenge, ErrorDescription, ProtectedResource};
use serde_json::json;
use token_validate::ValidatedToken;

use crate::{access::DPOP_NONCE, reason::Reason, request_id::RequestId};

/// A refusal, with all that its answer needs.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) reason: Reason,
    /// For the log only.
    pub(crate) detail: Option<String>,
    /// What its answer has beside the headers of every refusal.
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Refusal {
    /// The methods that the place does take, for 405 (RFC 9110 section 10.2.1).
    pub(crate) fn allowing(mut self, methods: &'static str) -> Self {
        self.headers.push((header::ALLOW, HeaderValue::from_static(methods)));
        self
    }

    /// Credentials that did not pass, with the challenge of `resource` where the RFC asks for one.
    pub(crate) fn of_token(refusal: &token_validate::Refusal, resource: &ProtectedResource) -> Self {
        let challenge = challenge(refusal.reason, resource);
        Self { detail: Some(refusal.to_string()), ..Self::from(Reason::Token(refusal.reason)) }
            .challenging(challenge)
    }

    /// The same for credentials that came with a proof, or should have; `nonce` is what the next proof must hold
    /// (RFC 9449 sections 7.1 and 9).
    pub(crate) fn of_proof(
        refusal: &token_validate::Refusal,
        resource: &ProtectedResource,
        nonce: Option<&str>,
    ) -> Self {
        let challenge = challenge(refusal.reason, resource).map(Challenge::for_dpop);
        let mut refused =
            Self { detail: Some(refusal.to_string()), ..Self::from(Reason::Token(refusal.reason)) }
                .challenging(challenge);
        let nonce = nonce.and_then(|it| HeaderValue::from_str(it).ok());
        refused.headers.extend(nonce.map(|it| (DPOP_NONCE, it)));
        refused
    }

    /// A good token whose grant has ended (RFC 6750 section 3.1).
    pub(crate) fn of_grant(resource: &ProtectedResource, token: &ValidatedToken) -> Self {
        let reason = Reason::GrantEnded;
        let description = ErrorDescription::from_static(reason.description());
        let challenge = Challenge::refused(resource, BearerError::InvalidToken, description);
        Self::from(reason).challenging(Some(in_scheme_of(token, challenge)))
    }

    /// A good token without the scope; the challenge names `needed` (RFC 6750 section 3.1).
    pub(crate) fn of_scope(resource: &ProtectedResource, token: &ValidatedToken, needed: &Scope) -> Self {
        let reason = Reason::ScopeInsufficient;
        let description = ErrorDescription::from_static(reason.description());
        let challenge = Challenge::refused(resource, BearerError::InsufficientScope, description);
        let missing = token.scope().missing(needed);
        Self { detail: Some(format!("missing: {missing}")), ..Self::from(reason) }
            .challenging(Some(in_scheme_of(token, challenge.with_scope(needed))))
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
        response
    }

    /// The registered code where there is one; our own otherwise.
    fn wire_error(&self) -> &'static str {
        match self.reason {
            Reason::Token(reason) if reason.status() == 503 => "temporarily_unavailable",
            Reason::Token(reason) => reason.bearer_error().map_or("unauthorized", BearerError::as_str),
            Reason::AddressFails => "temporarily_unavailable",
            Reason::GrantEnded => BearerError::InvalidToken.as_str(),
            Reason::ScopeInsufficient => BearerError::InsufficientScope.as_str(),
            other => other.code(),
        }
    }
}

impl From<Reason> for Refusal {
    fn from(reason: Reason) -> Self {
        Self { reason, detail: None, headers: Vec::new() }
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
fn in_scheme_of(token: &ValidatedToken, challenge: Challenge) -> Challenge {
    if token.key_thumbprint().is_some() { challenge.for_dpop() } else { challenge }
}

const RETRY_AFTER_SECONDS: &str = "2";
