//! Signed JWTs that are no access tokens: ID tokens, client assertions, logout tokens.

use oauth_types::UnixTime;
use serde_json::{Map, Value};

use crate::{
    Algorithm, KeySet, Reason,
    jwt::{Header, UnverifiedJws},
    key::Key,
};

/// Proof that a JSON object was signed by a key of a certain set; nothing in it has been judged.
///
/// It has no public constructor.
#[derive(Clone, Debug, PartialEq)]
pub struct VerifiedJws {
    typ: Option<String>,
    algorithm: Algorithm,
    claims: Map<String, Value>,
}

/// Why a token proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JwsError {
    /// It is longer than [`MAX_JWS_BYTES`].
    #[error("the token is too large")]
    TooLarge,
    /// It is no JWS in compact form with an object inside: not three parts of strict base64url, not JSON, a member
    /// twice, nested too deeply.
    #[error("the token is malformed")]
    Malformed,
    /// It is encrypted.
    #[error("the token is encrypted")]
    Encrypted,
    /// Its header brings a key, must be understood further than it can be, or has an impossible `kid`.
    #[error("the header of the token is not acceptable")]
    Header,
    /// Its algorithm is none of the allowed ones; `none` and the HS family never are.
    #[error("the signature algorithm of the token is not accepted")]
    Algorithm,
    /// No key of the set has its `kid` and is for its algorithm.
    #[error("the token is signed with an unknown key")]
    KeyUnknown,
    /// Several keys of the set would do.
    #[error("the key of the token cannot be determined")]
    KeyAmbiguous,
    /// The signature is not by the key.
    #[error("the signature of the token is not valid")]
    Signature,
}

impl VerifiedJws {
    /// The `typ` of its header, as it is written there.
    #[must_use]
    pub fn typ(&self) -> Option<&str> {
        self.typ.as_deref()
    }

    /// What it was signed with.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// What was signed: members of whatever type and meaning.
    #[must_use]
    pub const fn claims(&self) -> &Map<String, Value> {
        &self.claims
    }

    /// The claims, to keep.
    #[must_use]
    pub fn into_claims(self) -> Map<String, Value> {
        self.claims
    }

    /// A time among the claims (RFC 7519 section 2); `None` if it is missing or no time.
    #[must_use]
    pub fn time(&self, claim: &str) -> Option<UnixTime> {
        crate::jwt::numeric_date(self.claims.get(claim)?)
    }
}

/// Checks that `token` was signed by one of `keys` with one of `algorithms`, as strictly as for access tokens.
///
/// The key decides which algorithm counts; a key in the header, `crit` and the like are refused (RFC 8725 section 3).
/// Whether the claims are what the caller needs, `iss`, `aud` and `exp` above all, is for the caller to say.
///
/// # Errors
/// [`JwsError`]; the cheap checks come before the signature.
pub fn verify_jws(token: &str, keys: &KeySet, algorithms: &[Algorithm]) -> Result<VerifiedJws, JwsError> {
    UnverifiedToken::read(token, algorithms)?.verify(keys)
}

/// A token that may be worth a look at keys, and a fetch of them.
pub(crate) struct UnverifiedToken<'a>(UnverifiedJws<'a>);

impl<'a> UnverifiedToken<'a> {
    /// All checks that need no key.
    pub(crate) fn read(token: &'a str, algorithms: &[Algorithm]) -> Result<Self, JwsError> {
        if token.len() > MAX_JWS_BYTES {
            return Err(JwsError::TooLarge);
        }
        let unverified = UnverifiedJws::read(token).map_err(|it| of_form(it.reason))?;
        if !algorithms.contains(&unverified.header.algorithm) {
            return Err(JwsError::Algorithm);
        }
        Ok(Self(unverified))
    }

    pub(crate) fn verify(self, keys: &KeySet) -> Result<VerifiedJws, JwsError> {
        let UnverifiedJws { message, signature, ref header, .. } = self.0;
        if !self.select(keys)?.verifies(header.algorithm, message, signature) {
            return Err(JwsError::Signature);
        }
        let Header { algorithm, token_type, .. } = self.0.header;
        Ok(VerifiedJws { typ: token_type, algorithm, claims: self.0.members })
    }

    /// Whether fetching the keys anew might help.
    pub(crate) fn is_unknown_to(&self, keys: &KeySet) -> bool {
        matches!(self.select(keys), Err(JwsError::KeyUnknown))
    }

    fn select<'b>(&self, keys: &'b KeySet) -> Result<&'b Key, JwsError> {
        let header = &self.0.header;
        keys.select(header.algorithm, header.key_id.as_deref()).map_err(|it| match it {
            Reason::KeyAmbiguous => JwsError::KeyAmbiguous,
            _ => JwsError::KeyUnknown,
        })
    }
}

/// The longest token that is looked at, in bytes: an ID token may name some hundred groups.
pub const MAX_JWS_BYTES: usize = 16 * 1024;

/// Every reason that reading can have; there are no others.
const fn of_form(reason: Reason) -> JwsError {
    match reason {
        Reason::TokenEncrypted => JwsError::Encrypted,
        Reason::HeaderForbidden => JwsError::Header,
        Reason::AlgorithmNotAllowed => JwsError::Algorithm,
        _ => JwsError::Malformed,
    }
}

#[cfg(test)]
mod tests;
