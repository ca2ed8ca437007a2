use serde_json::{Map, Value};

use crate::{Algorithm, Reason, Refusal, refusal::quoted};

/// What a JOSE header says, as far as it is listened to (RFC 7515 section 4).
#[derive(Debug)]
pub(crate) struct Header {
    pub(crate) algorithm: Algorithm,
    pub(crate) key_id: Option<String>,
    pub(crate) token_type: Option<String>,
}

impl Header {
    pub(crate) fn read(members: &Map<String, Value>) -> Result<Self, Refusal> {
        if let Some(name) = FORBIDDEN.iter().find(|name| members.contains_key(**name)) {
            return Err(Refusal::new(Reason::HeaderForbidden).with_detail(*name));
        }
        if members.get("cty").is_some_and(names_jwt) {
            return Err(Refusal::new(Reason::HeaderForbidden).with_detail("cty"));
        }
        let algorithm = members.get("alg").and_then(Value::as_str).unwrap_or_default();
        let algorithm = algorithm
            .parse()
            .map_err(|_| Refusal::new(Reason::AlgorithmNotAllowed).with_detail(quoted(algorithm)))?;
        let key_id = text(members, "kid")?;
        if key_id.as_ref().is_some_and(|it| it.is_empty() || it.len() > 256 || it.contains(char::is_control))
        {
            return Err(Refusal::new(Reason::HeaderForbidden).with_detail("kid"));
        }
        Ok(Self { algorithm, key_id, token_type: text(members, "typ")? })
    }
}

/// Parameters that bring their own keys, change what is signed, or must be understood.
///
/// A token that needs one of them is never ours (RFC 8725 sections 3.1 and 3.10).
const FORBIDDEN: &[&str] = &["crit", "b64", "zip", "enc", "epk", "p2c", "p2s", "jwk", "jku", "x5u", "x5c"];

fn names_jwt(content_type: &Value) -> bool {
    content_type
        .as_str()
        .is_none_or(|it| it.eq_ignore_ascii_case("JWT") || it.to_ascii_lowercase().ends_with("+jwt"))
}

fn text(members: &Map<String, Value>, name: &'static str) -> Result<Option<String>, Refusal> {
    match members.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(Refusal::new(Reason::HeaderForbidden).with_detail(name)),
    }
}
