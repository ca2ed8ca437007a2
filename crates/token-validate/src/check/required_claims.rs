use oauth_types::ClaimPath;
use serde_json::Value;

use crate::{Reason, Refusal, jwt::Claims};

/// Every claim the operator demands is there with its text.
pub(super) fn check(claims: &Claims, required: &[(ClaimPath, String)]) -> Result<(), Refusal> {
    for (path, expected) in required {
        if !path.find(&claims.all).is_some_and(|value| says(value, expected)) {
            return Err(Refusal::new(Reason::RequiredClaim).with_detail(path.to_string()));
        }
    }
    Ok(())
}

fn says(value: &Value, expected: &str) -> bool {
    match value {
        Value::String(text) => text == expected,
        Value::Bool(_) | Value::Number(_) => {
            serde_json::from_str(expected).is_ok_and(|it: Value| it == *value)
        }
        Value::Null | Value::Array(_) | Value::Object(_) => false,
    }
}
