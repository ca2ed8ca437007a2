//! What a third party says of a sign-out there (OpenID Connect Back-Channel Logout 1.0).

use oauth_types::Principal;
use serde_json::{Map, Value};

use crate::{Temporary, id_token::IdTokenRefusal};

/// A sign-out at the third party, proven.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignOut {
    /// Whose; `None` if the token names the sign-in only, or the person by an id that they do not have here.
    pub principal: Option<Principal>,
    /// Of which sign-in; `None` means all of the person.
    pub sid: Option<String>,
    /// The token's `jti`, with which nobody may come twice.
    pub token_id: String,
}

/// Why a logout token ends nothing.
#[derive(Debug, thiserror::Error)]
pub enum LogoutTokenRefusal {
    /// This third party has no logout tokens.
    #[error("the third party is no OpenID provider")]
    NotOpenId,
    /// It is not this third party's, for this client and of now.
    #[error(transparent)]
    Token(#[from] IdTokenRefusal),
    /// `events` does not say that it is a logout token.
    #[error("`events` lacks the event of a logout")]
    Event,
    /// It has a `nonce`, which only ID tokens have.
    #[error("`nonce` is there, as in an ID token")]
    Nonce,
    /// `jti` is missing or no text.
    #[error("`jti` is missing")]
    TokenId,
    /// Neither `sub` nor `sid` says who it is about.
    #[error("`sub` and `sid` name nobody")]
    Nobody,
    /// The keys or the metadata cannot be had at the moment: the same token may come again.
    #[error("the logout token cannot be proven now")]
    Temporary(#[source] Temporary),
}

/// Checks what the verifier cannot know (section 2.6, steps 4 to 6); gives `jti`, `sub` and `sid`.
pub(crate) fn check(claims: &Map<String, Value>) -> Result<Named<'_>, LogoutTokenRefusal> {
    let event = claims.get("events").and_then(|it| it.get(EVENT));
    if !event.is_some_and(Value::is_object) {
        return Err(LogoutTokenRefusal::Event);
    }
    if claims.contains_key("nonce") {
        return Err(LogoutTokenRefusal::Nonce);
    }
    let named = Named {
        token_id: text(claims, "jti").ok_or(LogoutTokenRefusal::TokenId)?,
        sub: text(claims, "sub"),
        sid: text(claims, "sid"),
    };
    if named.sub.is_none() && named.sid.is_none() {
        return Err(LogoutTokenRefusal::Nobody);
    }
    Ok(named)
}

/// Who and what a logout token names.
#[derive(Debug)]
pub(crate) struct Named<'a> {
    pub(crate) token_id: &'a str,
    pub(crate) sub: Option<&'a str>,
    pub(crate) sid: Option<&'a str>,
}

/// A text of 1 to 255 bytes.
pub(crate) fn text<'a>(claims: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    claims.get(name)?.as_str().filter(|it| (1..=MOST_BYTES).contains(&it.len()))
}

const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
const MOST_BYTES: usize = 255;
