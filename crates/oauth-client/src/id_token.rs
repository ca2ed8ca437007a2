use std::{error::Error, fmt};

use async_trait::async_trait;
use aws_lc_rs::{constant_time::verify_slices_are_equal, digest};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use oauth_types::{ClientId, Issuer};
use serde_json::{Map, Value};
use url::Url;

use crate::{AccessToken, IdToken, Nonce};

/// Proves ID tokens: signature, algorithm, issuer, audience and times.
///
/// This crate has no JOSE library; whoever uses it brings one.
#[async_trait]
pub trait IdTokenVerifier: fmt::Debug + Send + Sync {
    /// Checks the signature by a key of `expected.jwks_uri`, with an asymmetric algorithm that the key allows, and
    /// `iss`, `aud`, `exp`, `iat` and `nbf` (OpenID Connect Core section 3.1.3.7, steps 1 to 3 and 6 to 10);
    /// then gives every claim.
    ///
    /// # Errors
    /// [`IdTokenError::Invalid`] when the token is at fault, [`IdTokenError::Keys`] when the keys cannot be had.
    async fn verify(
        &self,
        id_token: &str,
        expected: ExpectedIdToken<'_>,
    ) -> Result<Map<String, Value>, IdTokenError>;

    /// Checks a logout token in the same way, but that `exp` may be missing and `iat` must be recent, and that its
    /// `typ`, if there is one, is that of a logout token (OpenID Connect Back-Channel Logout 1.0 section 2.6, steps 1
    /// to 3); then gives every claim.
    ///
    /// # Errors
    /// As of [`IdTokenVerifier::verify`].
    async fn verify_logout_token(
        &self,
        logout_token: &str,
        expected: ExpectedIdToken<'_>,
    ) -> Result<Map<String, Value>, IdTokenError>;
}

/// What an ID token must say.
#[derive(Clone, Copy, Debug)]
pub struct ExpectedIdToken<'a> {
    /// Its `iss`, byte for byte.
    pub issuer: &'a Issuer,
    /// A member of its `aud`.
    pub client_id: &'a ClientId,
    /// Where the keys are.
    pub jwks_uri: &'a Url,
}

/// Why an ID token is not proven.
#[derive(Debug, thiserror::Error)]
pub enum IdTokenError {
    /// The token is at fault; the text is a fixed one for the log.
    #[error("{0}")]
    Invalid(&'static str),
    /// The keys cannot be had at the moment.
    #[error("the keys cannot be had")]
    Keys(#[source] Box<dyn Error + Send + Sync>),
}

/// Why an ID token is not about this sign-in (OpenID Connect Core section 3.1.3.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdTokenRefusal {
    /// There is none, although this is OpenID Connect.
    #[error("there is no ID token")]
    Missing,
    /// It cannot be taken apart.
    #[error("the ID token is malformed")]
    Malformed,
    /// The verifier refused it.
    #[error("the ID token is not valid: {0}")]
    Invalid(&'static str),
    /// `iss` is another issuer.
    #[error("`iss` is another issuer")]
    Issuer,
    /// `aud` lacks this client.
    #[error("`aud` lacks this client")]
    Audience,
    /// `azp` is another client, or missing beside several audiences.
    #[error("`azp` is missing or another client")]
    AuthorizedParty,
    /// `nonce` is missing or of another sign-in.
    #[error("`nonce` is missing or of another sign-in")]
    Nonce,
    /// `at_hash` is not of the access token that came with it.
    #[error("`at_hash` is not of this access token")]
    AccessTokenHash,
}

/// Checks what the verifier cannot know, and again what is cheap to know.
///
/// `nonce` is `None` for a token that a refresh brought (OpenID Connect Core section 12.2).
pub(crate) fn check(
    claims: &Map<String, Value>,
    token: &IdToken,
    expected: ExpectedIdToken<'_>,
    nonce: Option<&Nonce>,
    access: Option<&AccessToken>,
) -> Result<(), IdTokenRefusal> {
    if claims.get("iss").and_then(Value::as_str) != Some(expected.issuer.as_str()) {
        return Err(IdTokenRefusal::Issuer);
    }
    check_audience(claims, expected.client_id)?;
    if nonce.is_some_and(|it| !is_nonce(claims, it)) {
        return Err(IdTokenRefusal::Nonce);
    }
    match (claims.get("at_hash"), access) {
        (Some(hash), Some(access)) => check_hash(hash, token, access),
        _ => Ok(()),
    }
}

/// The claims of `token`, unproven; only good to learn which tenant it says it is from.
pub(crate) fn unverified_claims(token: &IdToken) -> Result<Map<String, Value>, IdTokenRefusal> {
    part(token, 1)
}

fn check_audience(claims: &Map<String, Value>, client: &ClientId) -> Result<(), IdTokenRefusal> {
    let is_client = |value: &Value| value.as_str() == Some(client.as_str());
    let (included, several) = match claims.get("aud") {
        Some(Value::Array(audiences)) => (audiences.iter().any(is_client), audiences.len() > 1),
        Some(audience) => (is_client(audience), false),
        None => (false, false),
    };
    if !included {
        return Err(IdTokenRefusal::Audience);
    }
    match claims.get("azp") {
        None if several => Err(IdTokenRefusal::AuthorizedParty),
        Some(azp) if !is_client(azp) => Err(IdTokenRefusal::AuthorizedParty),
        _ => Ok(()),
    }
}

fn is_nonce(claims: &Map<String, Value>, nonce: &Nonce) -> bool {
    claims.get("nonce").and_then(Value::as_str).is_some_and(|it| Nonce::new(it.to_owned()) == *nonce)
}

/// `at_hash` is the left half of the access token's digest, by the hash of the signature's algorithm
/// (OpenID Connect Core section 3.1.3.6).
fn check_hash(hash: &Value, token: &IdToken, access: &AccessToken) -> Result<(), IdTokenRefusal> {
    let header = part(token, 0)?;
    let algorithm = match header.get("alg").and_then(Value::as_str).unwrap_or_default() {
        "RS256" | "PS256" | "ES256" => &digest::SHA256,
        "RS384" | "PS384" | "ES384" => &digest::SHA384,
        // Ed25519 hashes with SHA-512 inside.
        "RS512" | "PS512" | "ES512" | "EdDSA" | "Ed25519" => &digest::SHA512,
        _ => return Err(IdTokenRefusal::AccessTokenHash),
    };
    let digest = digest::digest(algorithm, access.expose().as_bytes());
    let half = digest.as_ref().get(..digest.as_ref().len() / 2).unwrap_or_default();
    let said = hash.as_str().and_then(|it| URL_SAFE_NO_PAD.decode(it).ok());
    match said {
        Some(said) if verify_slices_are_equal(&said, half).is_ok() => Ok(()),
        _ => Err(IdTokenRefusal::AccessTokenHash),
    }
}

fn part(token: &IdToken, index: usize) -> Result<Map<String, Value>, IdTokenRefusal> {
    let text = token.expose().split('.').nth(index).ok_or(IdTokenRefusal::Malformed)?;
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| IdTokenRefusal::Malformed)?;
    serde_json::from_slice(&bytes).map_err(|_| IdTokenRefusal::Malformed)
}
