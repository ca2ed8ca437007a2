use oauth_types::{Audience, ClientId, Subject, UnixTime};
use serde_json::{Map, Value};

use crate::{Reason, Refusal};

/// The claims that checks look at, each of its one type (RFC 7519 section 4.1), and all others as they are.
///
/// They come from a JWT or from an introspection answer; having them proves nothing.
pub(crate) struct Claims {
    pub(crate) issuer: Option<String>,
    pub(crate) subject: Subject,
    pub(crate) audience: Option<Audience>,
    pub(crate) expires_at: UnixTime,
    pub(crate) not_before: Option<UnixTime>,
    pub(crate) issued_at: Option<UnixTime>,
    pub(crate) client_id: Option<ClientId>,
    pub(crate) token_id: Option<String>,
    pub(crate) all: Map<String, Value>,
}

impl Claims {
    /// Reads `members`; `sub` and `exp` must be there, and whatever is there must be well formed.
    pub(crate) fn read(members: Map<String, Value>) -> Result<Self, Refusal> {
        let subject = text(&members, "sub")?.ok_or_else(|| missing("sub"))?;
        let client_id = CLIENT_CLAIMS.iter().find_map(|name| text(&members, name).transpose()).transpose()?;
        Ok(Self {
            issuer: text(&members, "iss")?.map(str::to_owned),
            subject: subject.parse().map_err(|_| malformed("sub"))?,
            audience: audience(&members)?,
            expires_at: time(&members, "exp")?.ok_or_else(|| missing("exp"))?,
            not_before: time(&members, "nbf")?,
            issued_at: time(&members, "iat")?,
            client_id: client_id.map(str::parse).transpose().map_err(|_| malformed("client_id"))?,
            token_id: token_id(&members)?,
            all: members,
        })
    }
}

/// Where servers write the client: RFC 9068, OpenID Connect and Entra 2.0, Entra 1.0, Okta.
const CLIENT_CLAIMS: &[&str] = &["client_id", "azp", "appid", "cid"];

/// The last second of the year 9999, beyond which nothing is meant seriously.
const END_OF_TIME: u64 = 253_402_300_799;

pub(crate) fn missing(claim: &'static str) -> Refusal {
    Refusal::new(Reason::ClaimMissing).with_detail(claim)
}

fn malformed(claim: &'static str) -> Refusal {
    Refusal::new(Reason::ClaimMalformed).with_detail(claim)
}

fn text<'a>(members: &'a Map<String, Value>, claim: &'static str) -> Result<Option<&'a str>, Refusal> {
    members.get(claim).map(|value| value.as_str().ok_or_else(|| malformed(claim))).transpose()
}

fn token_id(members: &Map<String, Value>) -> Result<Option<String>, Refusal> {
    let Some(id) = text(members, "jti")? else { return Ok(None) };
    if id.len() > 1024 || id.contains(char::is_control) {
        return Err(malformed("jti"));
    }
    Ok(Some(id.to_owned()))
}

fn audience(members: &Map<String, Value>) -> Result<Option<Audience>, Refusal> {
    let Some(value) = members.get("aud") else { return Ok(None) };
    serde_json::from_value(value.clone()).map(Some).map_err(|_| malformed("aud"))
}

fn time(members: &Map<String, Value>, claim: &'static str) -> Result<Option<UnixTime>, Refusal> {
    members.get(claim).map(|it| numeric_date(it).ok_or_else(|| malformed(claim))).transpose()
}

/// A `NumericDate`: a JSON number, not negative, whose fraction is dropped (RFC 7519 section 2).
pub(crate) fn numeric_date(value: &Value) -> Option<UnixTime> {
    let seconds = match (value.as_u64(), value.as_f64()) {
        (Some(seconds), _) => seconds,
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "not negative, and too large a number saturates"
        )]
        (None, Some(seconds)) if seconds >= 0.0 => seconds as u64,
        _ => return None,
    };
    (seconds <= END_OF_TIME).then(|| UnixTime::from_seconds(seconds))
}
