use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use oauth_types::{ClientId, Issuer, UnixTime};
use serde_json::{Map, Value};
use storage::{Key, Record, Table};

use super::{ClientAuthError, ClientAuthRefusal as Refusal};
use crate::{
    ClientAssertionError, Clients,
    client::strict_json,
    clients::{ClientKeys, sha256},
    numeric_date::numeric_date,
};

/// The claims of an assertion that were found right; its `jti` has not been used up yet.
#[derive(Debug)]
struct GoodClaims {
    jti: String,
    expires_at: UnixTime,
}

impl Clients {
    /// Checks an assertion (RFC 7523 section 3) and uses its `jti` up, here and in every replica.
    pub(super) async fn check_assertion(
        &self,
        id: &ClientId,
        keys: &ClientKeys,
        assertion: &str,
    ) -> Result<(), ClientAuthError> {
        let verified = self.inner.assertions.verify(assertion, keys.as_assertion_keys()).await;
        let claims = verified.map_err(|error| match error {
            ClientAssertionError::Invalid(text) => refused(Refusal::AssertionSignature(text)),
            keys @ ClientAssertionError::Keys(_) => ClientAuthError::Unavailable(Box::new(keys)),
        })?;
        let now = self.inner.clock.now();
        let good = check_claims(&claims, id, &self.inner.issuer, now)
            .map_err(|claim| refused(Refusal::AssertionClaim(claim)))?;
        self.use_up(id, good).await
    }

    async fn use_up(&self, id: &ClientId, claims: GoodClaims) -> Result<(), ClientAuthError> {
        let key = Key::of(sha256(&[id.as_str().as_bytes(), &[0], claims.jti.as_bytes()]));
        // Remembered for as long as the assertion would be taken.
        let record = Record::new(USED, claims.expires_at + SKEW, []);
        if self.inner.store.insert_new(USED, &key, record).await? {
            return Ok(());
        }
        Err(refused(Refusal::AssertionReplayed))
    }
}

/// The `sub` that an assertion claims, before anything of it is proven.
pub(super) fn unverified_subject(assertion: &str) -> Option<String> {
    if assertion.len() > MAX_LEN {
        return None;
    }
    let mut parts = assertion.split('.');
    let (Some(_), Some(payload), Some(_), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return None;
    };
    let payload = URL_SAFE_NO_PAD.decode(payload).ok()?;
    let claims = strict_json::object(&payload).ok()?;
    claims.get("sub")?.as_str().filter(|it| !it.is_empty()).map(str::to_owned)
}

/// Each claim by itself; the error names the one at fault.
fn check_claims(
    claims: &Map<String, Value>,
    id: &ClientId,
    issuer: &Issuer,
    now: UnixTime,
) -> Result<GoodClaims, &'static str> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    if text("iss") != Some(id.as_str()) {
        return Err("iss");
    }
    if text("sub") != Some(id.as_str()) {
        return Err("sub");
    }
    // One string, and ours: an assertion for somebody else as well could be passed on by them.
    if text("aud") != Some(issuer.as_str()) {
        return Err("aud");
    }
    let expires_at = numeric_date(claims, "exp").map_err(|_| "exp")?.ok_or("exp")?;
    if expires_at + SKEW <= now || expires_at > now + MAX_LIFETIME + SKEW {
        return Err("exp");
    }
    for name in ["nbf", "iat"] {
        if numeric_date(claims, name).map_err(|_| name)?.is_some_and(|it| it > now + SKEW) {
            return Err(name);
        }
    }
    let jti = text("jti").filter(|it| (1..=MAX_JTI).contains(&it.len())).ok_or("jti")?;
    Ok(GoodClaims { jti: jti.to_owned(), expires_at })
}

const fn refused(refusal: Refusal) -> ClientAuthError {
    ClientAuthError::Refused { refusal, uses_basic: false }
}

/// The one `client_assertion_type` (RFC 7523 section 2.2).
pub(super) const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

const USED: Table = Table::new("client_assertions", 1);

/// How far the clocks of clients may be off.
const SKEW: Duration = Duration::from_secs(30);

/// The most time an assertion may be good for.
const MAX_LIFETIME: Duration = Duration::from_secs(3600);

const MAX_LEN: usize = 16 * 1024;
const MAX_JTI: usize = 256;
