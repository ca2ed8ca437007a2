use crate::{Reason, Refusal, jwt::Claims};

/// The token is not bound to a key: then it is no bearer token (RFC 7800, RFC 9449 section 7.2).
pub(super) fn check(claims: &Claims) -> Result<(), Refusal> {
    if claims.all.contains_key("cnf") { Err(Reason::SenderConstrained.into()) } else { Ok(()) }
}
