use std::{
    any::Any,
    fmt,
    sync::{Arc, OnceLock},
};

use oauth_types::{ClaimPath, ClientId, Issuer, Scope, Subject, UnixTime};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::{IssuerPolicy, jwt::Claims};

/// Proof that a token passed every check of [`Validator::validate`](crate::Validator::validate), or of
/// [`Validator::validate_with_proof`](crate::Validator::validate_with_proof).
///
/// It has no public constructor and holds no token text, so it cannot be passed on upstream.
/// Cloning is cheap.
#[derive(Clone)]
pub struct ValidatedToken(Arc<Inner>);

struct Inner {
    issuer: Issuer,
    granted_scope: Scope,
    scope: Scope,
    claims: Claims,
    key_withdrawn: Option<CancellationToken>,
    derived: OnceLock<Arc<dyn Any + Send + Sync>>,
}

impl ValidatedToken {
    /// Called by the validator after the last check, and nowhere else.
    ///
    /// `key_withdrawn` is that of the key by which it was verified, if it was by a key.
    pub(crate) fn proven(
        policy: &IssuerPolicy,
        claims: Claims,
        granted_scope: Scope,
        key_withdrawn: Option<CancellationToken>,
    ) -> Self {
        let scope = policy.scope_hierarchy.expand(&granted_scope);
        Self(Arc::new(Inner {
            issuer: policy.issuer.clone(),
            granted_scope,
            scope,
            claims,
            key_withdrawn,
            derived: OnceLock::new(),
        }))
    }

    /// Who issued it.
    #[must_use]
    pub fn issuer(&self) -> &Issuer {
        &self.0.issuer
    }

    /// Who it speaks for, unique within the issuer.
    #[must_use]
    pub fn subject(&self) -> &Subject {
        &self.0.claims.subject
    }

    /// Which client it was issued to: the first of `client_id`, `azp`, `appid` and `cid`.
    #[must_use]
    pub fn client_id(&self) -> Option<&ClientId> {
        self.0.claims.client_id.as_ref()
    }

    /// The scope to decide by: what was granted and all that it implies by the issuer's hierarchy.
    #[must_use]
    pub fn scope(&self) -> &Scope {
        &self.0.scope
    }

    /// The scope as issued, with the issuer's prefix removed.
    #[must_use]
    pub fn granted_scope(&self) -> &Scope {
        &self.0.granted_scope
    }

    /// When it ends, without leeway.
    #[must_use]
    pub fn expires_at(&self) -> UnixTime {
        self.0.claims.expires_at
    }

    /// The `jti`, if it has one.
    #[must_use]
    pub fn token_id(&self) -> Option<&str> {
        self.0.claims.token_id.as_deref()
    }

    /// The thumbprint of the key that it is bound to (`cnf.jkt`, RFC 9449 section 6.1), whose proof came with it;
    /// `None` for a plain bearer token.
    #[must_use]
    pub fn key_thumbprint(&self) -> Option<&str> {
        self.0.claims.all.get("cnf")?.get("jkt")?.as_str()
    }

    /// Cancelled when the issuer withdraws the key that signed it; `None` where the issuer vouched for it itself.
    ///
    /// Whoever goes on serving for this token, as with a stream, must stop then.
    #[must_use]
    pub fn key_withdrawn(&self) -> Option<&CancellationToken> {
        self.0.key_withdrawn.as_ref()
    }

    /// Something that follows from this token alone, made by `make` when it is wanted first, and kept for as long as the
    /// token is remembered.
    ///
    /// There is one such thing: a second type is made each time anew.
    pub fn derived<T: Any + Send + Sync>(&self, make: impl Fn(&Self) -> T) -> Arc<T> {
        let kept = self.0.derived.get_or_init(|| Arc::new(make(self)));
        Arc::clone(kept).downcast().unwrap_or_else(|_| Arc::new(make(self)))
    }

    /// Any claim.
    #[must_use]
    pub fn claim(&self, path: &ClaimPath) -> Option<&Value> {
        path.find(&self.0.claims.all)
    }

    pub(crate) fn claims(&self) -> &Claims {
        &self.0.claims
    }
}

impl fmt::Debug for ValidatedToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ValidatedToken")
            .field("issuer", &self.0.issuer.as_str())
            .field("client_id", &self.client_id())
            .field("scope", &self.0.scope.to_string())
            .field("expires_at", &self.expires_at())
            .finish_non_exhaustive()
    }
}
