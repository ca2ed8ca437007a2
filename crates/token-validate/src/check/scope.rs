use oauth_types::{Scope, ScopeToken};
use serde_json::Value;

use crate::{IssuerPolicy, Reason, Refusal, jwt::Claims};

/// The union of the issuer's scope claims, each a text of values or a list of them (RFC 9068 section 2.2.3).
///
/// Values that no scope can have, such as role names with spaces, are left out: they can grant nothing.
/// A claim that is absent or null grants nothing; one of another type is malformed.
pub(crate) fn granted_scope(claims: &Claims, policy: &IssuerPolicy) -> Result<Scope, Refusal> {
    let mut tokens: Vec<ScopeToken> = Vec::new();
    for path in &policy.scope_claims {
        let values: Vec<&str> = match path.find(&claims.all) {
            None | Some(Value::Null) => continue,
            Some(Value::String(text)) => text.split(' ').collect(),
            Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).collect(),
            Some(_) => return Err(Refusal::new(Reason::ClaimMalformed).with_detail(path.to_string())),
        };
        let prefix = policy.scope_prefix.as_deref().unwrap_or_default();
        tokens.extend(
            values.iter().filter_map(|it| it.strip_prefix(prefix).unwrap_or(it).parse::<ScopeToken>().ok()),
        );
    }
    Ok(tokens.into_iter().collect())
}
