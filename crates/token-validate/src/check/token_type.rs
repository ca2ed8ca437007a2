use super::purpose::is_access_token_type;
use crate::{Reason, Refusal, TokenTypePolicy, refusal::quoted};

/// The `typ` header is one the issuer may write (RFC 9068 section 4).
pub(crate) fn check_token_type(token_type: Option<&str>, policy: TokenTypePolicy) -> Result<(), Refusal> {
    match (token_type, policy) {
        (Some(text), _) if is_access_token_type(text) => Ok(()),
        (None, TokenTypePolicy::Lenient) => Ok(()),
        (Some(text), TokenTypePolicy::Lenient) if text.eq_ignore_ascii_case("JWT") => Ok(()),
        (None, TokenTypePolicy::Strict) => Err(Refusal::new(Reason::TypeNotAccepted).with_detail("no typ")),
        (Some(text), _) => Err(Refusal::new(Reason::TypeNotAccepted).with_detail(quoted(text))),
    }
}
