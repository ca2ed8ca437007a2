use serde_json::{Map, Value};

use super::InvalidMetadata;

/// Checks a key set from a stranger: some keys, all of them public.
///
/// Whether a key can be used is for the verifier to say.
pub(crate) fn check_key_set(set: &Value) -> Result<(), InvalidMetadata> {
    let keys = set.get("keys").and_then(Value::as_array);
    let keys = keys.filter(|it| (1..=MAX_KEYS).contains(&it.len()));
    if keys.is_some_and(|all| all.iter().all(|it| it.as_object().is_some_and(is_public))) {
        return Ok(());
    }
    Err(InvalidMetadata::new("jwks must be a set of public keys"))
}

fn is_public(key: &Map<String, Value>) -> bool {
    let kind = key.get("kty").and_then(Value::as_str);
    matches!(kind, Some("RSA" | "EC" | "OKP")) && !PRIVATE.iter().any(|it| key.contains_key(*it))
}

/// The members of private and secret keys (RFC 7518 sections 6.2.2, 6.3.2 and 6.4.1; RFC 8037 section 2).
const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

const MAX_KEYS: usize = 20;
