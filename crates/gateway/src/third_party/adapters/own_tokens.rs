use std::sync::Arc;

use oauth_types::{
    Actor, ClientId, Clock, GrantId, InvalidJwkThumbprint, Issuer, JwkThumbprint, ResourceUri, Scope,
    Subject, UnixTime,
};
use serde_json::{Map, Value};
use token_validate::{Algorithm, SharedKeys};

/// Reads access tokens that this gateway issued, for whichever of its resources.
#[derive(Clone, Debug)]
pub(crate) struct OwnTokens {
    issuer: Issuer,
    keys: SharedKeys,
    clock: Arc<dyn Clock>,
}

/// What an access token of ours says; whether its grant lives is another question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OwnToken {
    pub(crate) grant: GrantId,
    pub(crate) client_id: ClientId,
    pub(crate) subject: Subject,
    pub(crate) resource: ResourceUri,
    pub(crate) scope: Scope,
    pub(crate) issued_at: UnixTime,
    pub(crate) expires_at: UnixTime,
    /// The key that it is bound to.
    pub(crate) key: Option<JwkThumbprint>,
    pub(crate) actor: Option<Actor>,
    /// Whether its sender must prove a key to use it (RFC 7800).
    pub(crate) is_bound: bool,
}

impl OwnTokens {
    /// Tokens of `issuer` by `keys`.
    pub(crate) const fn new(issuer: Issuer, keys: SharedKeys, clock: Arc<dyn Clock>) -> Self {
        Self { issuer, keys, clock }
    }

    /// What `token` says, if it is an access token of ours that has not expired (RFC 9068).
    pub(crate) fn read(&self, token: &str) -> Option<OwnToken> {
        let verified = self.keys.verify_jws(token, &[Algorithm::Es256]).ok()?;
        let is_access_token = verified.typ().is_some_and(|it| it.eq_ignore_ascii_case("at+jwt"));
        let (issued_at, expires_at) = (verified.time("iat")?, verified.time("exp")?);
        let claims = verified.claims();
        let is_ours = claims.get("iss").and_then(Value::as_str) == Some(self.issuer.as_str());
        if !is_access_token || !is_ours || self.clock.now() >= expires_at {
            return None;
        }
        Some(OwnToken {
            grant: text(claims, GRANT_CLAIM)?.parse().ok()?,
            client_id: text(claims, "client_id")?.parse().ok()?,
            subject: text(claims, "sub")?.parse().ok()?,
            resource: text(claims, "aud")?.parse().ok()?,
            scope: text(claims, "scope")?.parse().ok()?,
            issued_at,
            expires_at,
            key: bound_to(claims).ok()?,
            actor: claims.get("act").map(|it| serde_json::from_value(it.clone())).transpose().ok()?,
            is_bound: claims.contains_key("cnf"),
        })
    }
}

/// The key of `cnf.jkt` (RFC 9449 section 6.1), which we write or leave out, and nothing else.
fn bound_to(claims: &Map<String, Value>) -> Result<Option<JwkThumbprint>, InvalidJwkThumbprint> {
    let Some(confirmation) = claims.get("cnf") else { return Ok(None) };
    let jkt = confirmation.get("jkt").and_then(Value::as_str).ok_or(InvalidJwkThumbprint)?;
    jkt.parse().map(Some)
}

fn text<'a>(claims: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    claims.get(name)?.as_str()
}

/// The claim of our access tokens that names their grant.
pub(super) const GRANT_CLAIM: &str = "grant";
