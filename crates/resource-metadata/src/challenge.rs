use std::fmt;

use http::{HeaderValue, StatusCode};
use oauth_types::{BearerError, Scope};

use crate::{ErrorDescription, ProtectedResource, protected_resource::without_offline_access};

/// What a refusal says in `WWW-Authenticate`: one `Bearer` challenge, every value quoted
/// (RFC 6750 section 3, RFC 9728 section 5.1).
///
/// [`fmt::Display`] writes the value as on the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    error: Option<(BearerError, ErrorDescription)>,
    scope: Scope,
    metadata_url: String,
}

impl Challenge {
    /// The request carried no token: where to look and which scopes to ask for, but no error code
    /// (RFC 6750 section 3.1, last paragraph).
    #[must_use]
    pub fn missing(resource: &ProtectedResource) -> Self {
        Self { error: None, scope: resource.scopes().clone(), metadata_url: resource.metadata_url() }
    }

    /// The request carried a token, or something like one, that was refused.
    ///
    /// Names the scopes of the resource, unless the request was malformed: then there is nothing to ask for.
    /// For [`BearerError::InsufficientScope`] follow with [`Challenge::with_scope`].
    #[must_use]
    pub fn refused(resource: &ProtectedResource, error: BearerError, description: ErrorDescription) -> Self {
        let scope = match error {
            BearerError::InvalidRequest => Scope::empty(),
            BearerError::InvalidToken | BearerError::InsufficientScope => resource.scopes().clone(),
        };
        Self { error: Some((error, description)), scope, metadata_url: resource.metadata_url() }
    }

    /// Replaces the scopes by everything that this one operation needs (MCP 2026-07-28 "Step-Up Flow").
    ///
    /// `offline_access` is left out.
    #[must_use]
    pub fn with_scope(mut self, needed: &Scope) -> Self {
        self.scope = without_offline_access(needed);
        self
    }

    /// The status of the answer: 401 for a missing or invalid token, 403 or 400 for the other errors
    /// (RFC 6750 section 3.1).
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        match self.error {
            None | Some((BearerError::InvalidToken, _)) => StatusCode::UNAUTHORIZED,
            Some((BearerError::InsufficientScope, _)) => StatusCode::FORBIDDEN,
            Some((BearerError::InvalidRequest, _)) => StatusCode::BAD_REQUEST,
        }
    }

    /// The value of the `WWW-Authenticate` header.
    #[must_use]
    #[expect(clippy::expect_used, clippy::missing_panics_doc, reason = "the proof is in the text")]
    pub fn to_header_value(&self) -> HeaderValue {
        HeaderValue::try_from(self.to_string())
            .expect("codes, descriptions, scopes and URLs are visible ASCII and spaces by their types")
    }
}

impl fmt::Display for Challenge {
    /// The scopes come before the URL: some clients read by the first text that looks like `scope=`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Bearer ")?;
        if let Some((error, description)) = &self.error {
            write!(formatter, r#"error="{error}", error_description="{description}", "#)?;
        }
        if !self.scope.is_empty() {
            write!(formatter, r#"scope="{}", "#, self.scope)?;
        }
        write!(formatter, r#"resource_metadata="{}""#, self.metadata_url)
    }
}

#[cfg(test)]
mod tests;
