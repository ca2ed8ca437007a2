use serde_json::{Map, Value};

use crate::{Reason, Refusal, jwt::Header};

/// The token carries no mark of another kind of token (RFC 8725 section 3.12).
///
/// A `nonce` alone marks an ID token, unless the token also says that it is an access token: by its `typ` header, or
/// by the `typ` or `token_use` claim, as old Keycloak releases do, which wrote `nonce` into both kinds.
pub(crate) fn check_purpose(header: Option<&Header>, claims: &Map<String, Value>) -> Result<(), Refusal> {
    if let Some(mark) = FOREIGN_MARKS.iter().find(|name| claims.contains_key(**name)) {
        return Err(Refusal::new(Reason::NotAnAccessToken).with_detail(*mark));
    }
    let mut declared = header.and_then(|it| it.token_type.as_deref()).is_some_and(is_access_token_type);
    for (name, words) in DECLARATIONS {
        let Some(value) = claims.get(*name) else { continue };
        if !value.as_str().is_some_and(|it| words.iter().any(|word| it.eq_ignore_ascii_case(word))) {
            return Err(Refusal::new(Reason::NotAnAccessToken).with_detail(*name));
        }
        declared = true;
    }
    if claims.contains_key("nonce") && !declared {
        return Err(Refusal::new(Reason::NotAnAccessToken).with_detail("nonce"));
    }
    Ok(())
}

/// Whether a `typ` header says `at+jwt` (RFC 9068 section 2.1).
pub(super) fn is_access_token_type(token_type: &str) -> bool {
    token_type.eq_ignore_ascii_case("at+jwt") || token_type.eq_ignore_ascii_case("application/at+jwt")
}

/// Claims that only other kinds have: ID tokens, logout tokens and security events, DPoP proofs.
const FOREIGN_MARKS: &[&str] = &["at_hash", "c_hash", "s_hash", "events", "htm", "htu"];

/// Claims in which servers say what a token is, and their words for an access token:
/// Keycloak's `typ`, Cognito's `token_use`, RFC 7662's `token_type`.
const DECLARATIONS: &[(&str, &[&str])] = &[
    ("typ", &["Bearer", "DPoP", "at+jwt"]),
    ("token_use", &["access", "access_token"]),
    ("token_type", &["Bearer", "DPoP", "access_token"]),
];
