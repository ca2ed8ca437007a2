use oauth_types::ClaimPath;
use serde_json::Value;

use crate::{Reason, Refusal, jwt::Claims};

/// The token has every claim by which its issuer's access tokens differ from its ID tokens (RFC 8725 section 3.12).
pub(super) fn check(claims: &Claims, marks: &[ClaimPath]) -> Result<(), Refusal> {
    match marks.iter().find(|mark| !mark.find(&claims.all).is_some_and(Value::is_string)) {
        None => Ok(()),
        Some(mark) => Err(Refusal::new(Reason::NotAnAccessToken).with_detail(format!("no {mark}"))),
    }
}
