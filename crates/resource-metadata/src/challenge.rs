use std::fmt;

use http::{HeaderValue, StatusCode};
use oauth_types::{BearerError, Scope};

use crate::{ErrorDescription, ProtectedResource, protected_resource::without_offline_access};

/// What a refusal says in `WWW-Authenticate`: one challenge, every value quoted
/// (RFC 6750 section 3, RFC 9728 section 5.1, RFC 9449 section 7.1).
///
/// Its scheme is `Bearer`, unless the resource demands DPoP or the request came with it ([`Challenge::for_dpop`]).
/// Where DPoP is offered beside `Bearer`, [`Challenge::alternative`] says so in a challenge of its own, which is to come
/// second: many clients read the first one only.
/// [`fmt::Display`] writes the value as on the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    error: Option<(BearerError, ErrorDescription)>,
    scope: Scope,
    metadata_url: String,
    scheme: Scheme,
    /// The algorithms of DPoP proofs, if the resource takes any.
    algorithms: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scheme {
    Bearer,
    Dpop,
}

impl Challenge {
    /// The request carried no token: where to look and which scopes to ask for, but no error code
    /// (RFC 6750 section 3.1, last paragraph).
    #[must_use]
    pub fn missing(resource: &ProtectedResource) -> Self {
        Self::new(resource, None, resource.scopes().clone())
    }

    /// The request carried a token, or something like one, that was refused.
    ///
    /// Names the scopes of the resource, unless the request was malformed: then there is nothing to ask for.
    /// For [`BearerError::InsufficientScope`] follow with [`Challenge::with_scope`].
    #[must_use]
    pub fn refused(resource: &ProtectedResource, error: BearerError, description: ErrorDescription) -> Self {
        let scope = match error {
            BearerError::InvalidRequest | BearerError::InvalidDpopProof | BearerError::UseDpopNonce => {
                Scope::empty()
            }
            BearerError::InvalidToken | BearerError::InsufficientScope => resource.scopes().clone(),
        };
        Self::new(resource, Some((error, description)), scope)
    }

    fn new(
        resource: &ProtectedResource,
        error: Option<(BearerError, ErrorDescription)>,
        scope: Scope,
    ) -> Self {
        let dpop = resource.dpop();
        Self {
            error,
            scope,
            metadata_url: resource.metadata_url(),
            scheme: if dpop.is_some_and(|it| it.required) { Scheme::Dpop } else { Scheme::Bearer },
            algorithms: dpop.map(|it| it.algorithms.join(" ")),
        }
    }

    /// The answer to a request that came with the scheme `DPoP`; the same challenge if the resource takes no proofs.
    #[must_use]
    pub fn for_dpop(mut self) -> Self {
        if self.algorithms.is_some() {
            self.scheme = Scheme::Dpop;
        }
        self
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
            None
            | Some((
                BearerError::InvalidToken | BearerError::InvalidDpopProof | BearerError::UseDpopNonce,
                _,
            )) => StatusCode::UNAUTHORIZED,
            Some((BearerError::InsufficientScope, _)) => StatusCode::FORBIDDEN,
            Some((BearerError::InvalidRequest, _)) => StatusCode::BAD_REQUEST,
        }
    }

    /// The value of the `WWW-Authenticate` header.
    #[must_use]
    #[expect(clippy::expect_used, clippy::missing_panics_doc, reason = "the proof is in the text")]
    pub fn to_header_value(&self) -> HeaderValue {
        HeaderValue::try_from(self.to_string())
            .expect("codes, descriptions, scopes, names of algorithms and URLs are visible ASCII and spaces")
    }

    /// The challenge that offers DPoP beside a 401 of the scheme `Bearer` (RFC 9449 section 7.2).
    #[must_use]
    pub fn alternative(&self) -> Option<HeaderValue> {
        if self.scheme == Scheme::Dpop || self.status() != StatusCode::UNAUTHORIZED {
            return None;
        }
        HeaderValue::try_from(format!(r#"DPoP algs="{}""#, self.algorithms.as_ref()?)).ok()
    }
}

impl fmt::Display for Challenge {
    /// The scopes come before the URL: some clients read by the first text that looks like `scope=`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self.scheme {
            Scheme::Bearer => "Bearer ",
            Scheme::Dpop => "DPoP ",
        })?;
        if let Some((error, description)) = &self.error {
            write!(formatter, r#"error="{error}", error_description="{description}", "#)?;
        }
        if !self.scope.is_empty() {
            write!(formatter, r#"scope="{}", "#, self.scope)?;
        }
        write!(formatter, r#"resource_metadata="{}""#, self.metadata_url)?;
        match (self.scheme, &self.algorithms) {
            (Scheme::Dpop, Some(algorithms)) => write!(formatter, r#", algs="{algorithms}""#),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
