use oauth_types::JwkThumbprint;
use serde_json::Value;

use crate::{Reason, Refusal, jwt::Claims};

/// What the sender of a token has shown beside it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Sender<'a> {
    /// Nothing: whoever bears the token may use it.
    Bearer,
    /// A proof by this key.
    Key(&'a JwkThumbprint),
}

/// A bound token comes from whoever has its key, and from nobody else; any other token comes without a proof
/// (RFC 7800, RFC 9449 sections 7.1 and 7.2).
pub(super) fn check(claims: &Claims, sender: Sender<'_>) -> Result<(), Refusal> {
    match (claims.all.get("cnf"), sender) {
        (None, Sender::Bearer) => Ok(()),
        (Some(_), Sender::Bearer) => Err(Reason::SenderConstrained.into()),
        (None, Sender::Key(_)) => Err(Reason::TokenNotBound.into()),
        (Some(confirmation), Sender::Key(key)) => check_key(confirmation, key),
    }
}

/// Every other member is a demand that nobody here can check.
#[cold]
fn check_key(confirmation: &Value, key: &JwkThumbprint) -> Result<(), Refusal> {
    let members = confirmation.as_object().filter(|it| it.len() == 1);
    match members.and_then(|it| it.get("jkt")?.as_str()) {
        Some(bound) if bound == key.to_string() => Ok(()),
        Some(_) => Err(Reason::DpopKeyMismatch.into()),
        None => Err(Refusal::new(Reason::SenderConstrained).with_detail("cnf is not jkt alone")),
    }
}
