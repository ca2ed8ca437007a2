use oauth_types::{Audience, ClientId, Issuer, Scope, UnixTime};
use serde_json::{Map, Value};

use super::{MAX_LIFETIME, SKEW};
use crate::numeric_date::numeric_date;

/// The claims of an identity assertion that were found right.
#[derive(Debug)]
pub(super) struct Claims<'a> {
    pub(super) jti: &'a str,
    pub(super) expires_at: UnixTime,
    pub(super) resource: &'a str,
    /// None if the assertion has none.
    pub(super) scope: Option<Scope>,
}

impl<'a> Claims<'a> {
    /// Each claim by itself; the error is a fixed text for the client's developer, which names the one at fault.
    pub(super) fn check(
        claims: &'a Map<String, Value>,
        issuer: &Issuer,
        ours: &Issuer,
        client_id: &ClientId,
        now: UnixTime,
    ) -> Result<Self, &'static str> {
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        if text("iss") != Some(issuer.as_str()) {
            return Err("iss of the assertion is another issuer");
        }
        // Alone: an assertion for somebody else as well could be passed on by them.
        if audience(claims).as_deref() != Some(ours.as_str()) {
            return Err("aud of the assertion must be this issuer alone");
        }
        if text("client_id") != Some(client_id.as_str()) {
            return Err("client_id of the assertion is another client");
        }
        if text("sub").is_none_or(str::is_empty) {
            return Err("sub of the assertion is missing");
        }
        let jti = text("jti").filter(|it| (1..=MAX_JTI).contains(&it.len()));
        Ok(Self {
            jti: jti.ok_or("jti of the assertion is missing or too long")?,
            expires_at: expiry(claims, now)?,
            resource: resource(claims).ok_or("resource of the assertion must be one text")?,
            scope: scope(claims)?,
        })
    }
}

/// The one recipient, as a text or in a list.
fn audience(claims: &Map<String, Value>) -> Option<String> {
    let audience: Audience = serde_json::from_value(claims.get("aud")?.clone()).ok()?;
    match audience.as_slice() {
        [one] => Some(one.clone()),
        _ => None,
    }
}

fn expiry(claims: &Map<String, Value>, now: UnixTime) -> Result<UnixTime, &'static str> {
    const EXP: &str = "the assertion has expired, or lives for too long";
    const IAT: &str = "iat of the assertion is missing or in the future";
    let expires_at = numeric_date(claims, "exp").ok().flatten().ok_or(EXP)?;
    let issued_at = numeric_date(claims, "iat").ok().flatten().ok_or(IAT)?;
    if expires_at + SKEW <= now || expires_at > issued_at + MAX_LIFETIME {
        return Err(EXP);
    }
    if issued_at > now + SKEW {
        return Err(IAT);
    }
    match numeric_date(claims, "nbf") {
        Ok(not_before) if not_before.is_none_or(|it| it <= now + SKEW) => Ok(expires_at),
        _ => Err("the assertion is not valid yet"),
    }
}

/// One resource, as a text or in a list.
fn resource(claims: &Map<String, Value>) -> Option<&str> {
    match claims.get("resource")? {
        Value::String(text) => Some(text),
        Value::Array(values) if values.len() == 1 => values.first()?.as_str(),
        _ => None,
    }
}

fn scope(claims: &Map<String, Value>) -> Result<Option<Scope>, &'static str> {
    const SCOPE: &str = "scope of the assertion must be scope values separated by spaces";
    let Some(value) = claims.get("scope") else { return Ok(None) };
    value.as_str().and_then(|it| it.parse().ok()).map(Some).ok_or(SCOPE)
}

const MAX_JTI: usize = 256;
