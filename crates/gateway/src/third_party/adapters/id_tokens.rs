use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use oauth_client::{ExpectedIdToken, IdTokenError, IdTokenVerifier};
use oauth_types::{Audience, Clock, UnixTime};
use outbound_http::HttpClient;
use serde_json::{Map, Value};
use token_validate::{Algorithm, JwsError, RemoteJwsError, RemoteKeySets, VerifiedJws};

/// Proves ID tokens of third parties by the keys that these publish.
#[derive(Debug)]
pub(crate) struct IdTokens {
    keys: RemoteKeySets,
    clock: Arc<dyn Clock>,
    leeway: Duration,
}

impl IdTokens {
    /// Keys through `http`; clocks may differ by `leeway`.
    pub(crate) fn new(http: Arc<dyn HttpClient>, clock: Arc<dyn Clock>, leeway: Duration) -> Self {
        Self { keys: RemoteKeySets::new(http, Arc::clone(&clock), KEY_SETS), clock, leeway }
    }

    /// What ID tokens and logout tokens have in common: who they are from and for.
    fn check_names(verified: &VerifiedJws, expected: ExpectedIdToken<'_>) -> Result<(), &'static str> {
        let claims = verified.claims();
        if claims.get("iss").and_then(Value::as_str) != Some(expected.issuer.as_str()) {
            return Err("`iss` is another issuer");
        }
        if !names(claims.get("aud"), expected.client_id.as_str()) {
            return Err("`aud` lacks this client");
        }
        Ok(())
    }

    /// OpenID Connect Back-Channel Logout 1.0 section 2.6, steps 2 and 3; its final version has `exp`, earlier ones
    /// had not, so a token without one is good for as long as those with one should be.
    fn check_logout(
        &self,
        verified: &VerifiedJws,
        expected: ExpectedIdToken<'_>,
    ) -> Result<(), &'static str> {
        let is_logout = |it: &str| it.eq_ignore_ascii_case("logout+jwt") || it.eq_ignore_ascii_case("JWT");
        if verified.typ().is_some_and(|it| !is_logout(it)) {
            return Err("`typ` is that of another kind of token");
        }
        Self::check_names(verified, expected)?;
        let issued_at = verified.time("iat").ok_or("`iat` is missing or no time")?;
        let now = self.clock.now();
        if issued_at > now + self.leeway {
            return Err("`iat` is in the future");
        }
        if now >= issued_at + LOGOUT_TOKENS_LAST + self.leeway {
            return Err("the token is too old");
        }
        if verified.claims().contains_key("exp") {
            let expires_at = verified.time("exp").ok_or("`exp` is no time")?;
            if now >= expires_at + self.leeway {
                return Err("the token has expired");
            }
        }
        Ok(())
    }

    /// OpenID Connect Core section 3.1.3.7, steps 2, 3, 9 and 10, and `nbf` where there is one.
    fn check(&self, verified: &VerifiedJws, expected: ExpectedIdToken<'_>) -> Result<(), &'static str> {
        let claims = verified.claims();
        // Of the types that exist, an ID token has none or this; a logout or access token has another.
        if verified.typ().is_some_and(|it| !it.eq_ignore_ascii_case("JWT")) {
            return Err("`typ` is that of another kind of token");
        }
        Self::check_names(verified, expected)?;
        if !claims.get("sub").is_some_and(Value::is_string) {
            return Err("`sub` is missing");
        }
        let expires_at = verified.time("exp").ok_or("`exp` is missing or no time")?;
        let issued_at = verified.time("iat").ok_or("`iat` is missing or no time")?;
        let now = self.clock.now();
        if now >= expires_at + self.leeway {
            return Err("the token has expired");
        }
        if issued_at > now + self.leeway {
            return Err("`iat` is in the future");
        }
        self.check_not_before(verified, now)
    }

    async fn signed(&self, token: &str, expected: ExpectedIdToken<'_>) -> Result<VerifiedJws, IdTokenError> {
        let outcome = self.keys.verify(expected.jwks_uri, token, Algorithm::ALL).await;
        outcome.map_err(|error| match error {
            RemoteJwsError::Token(error) => IdTokenError::Invalid(fixed(error)),
            RemoteJwsError::Keys(source) => IdTokenError::Keys(Box::new(source)),
        })
    }

    fn check_not_before(&self, verified: &VerifiedJws, now: UnixTime) -> Result<(), &'static str> {
        if !verified.claims().contains_key("nbf") {
            return Ok(());
        }
        match verified.time("nbf") {
            Some(not_before) if not_before <= now + self.leeway => Ok(()),
            _ => Err("the token is not valid yet"),
        }
    }
}

#[async_trait]
impl IdTokenVerifier for IdTokens {
    async fn verify(
        &self,
        id_token: &str,
        expected: ExpectedIdToken<'_>,
    ) -> Result<Map<String, Value>, IdTokenError> {
        let verified = self.signed(id_token, expected).await?;
        self.check(&verified, expected).map_err(IdTokenError::Invalid)?;
        Ok(verified.into_claims())
    }

    async fn verify_logout_token(
        &self,
        logout_token: &str,
        expected: ExpectedIdToken<'_>,
    ) -> Result<Map<String, Value>, IdTokenError> {
        let verified = self.signed(logout_token, expected).await?;
        self.check_logout(&verified, expected).map_err(IdTokenError::Invalid)?;
        Ok(verified.into_claims())
    }
}

fn names(audience: Option<&Value>, wanted: &str) -> bool {
    let read = audience.and_then(|it| serde_json::from_value::<Audience>(it.clone()).ok());
    read.is_some_and(|it| it.names(wanted))
}

/// The cause for the log, without a word of the token's own.
pub(super) const fn fixed(error: JwsError) -> &'static str {
    match error {
        JwsError::TooLarge => "the token is too large",
        JwsError::Malformed => "the token is malformed",
        JwsError::Encrypted => "the token is encrypted",
        JwsError::Header => "the header of the token is not acceptable",
        JwsError::Algorithm => "the signature algorithm of the token is not accepted",
        JwsError::KeyUnknown => "the token is signed with an unknown key",
        JwsError::KeyAmbiguous => "the key of the token cannot be determined",
        JwsError::Signature => "the signature of the token is not valid",
    }
}

/// How old a logout token may be, with and without `exp`; those who send it may try again for a while.
pub(crate) const LOGOUT_TOKENS_LAST: Duration = Duration::from_secs(5 * 60);
/// Third parties are few, and Entra has a key set per tenant.
const KEY_SETS: usize = 256;
