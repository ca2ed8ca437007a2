use oauth_types::{ClaimPath, Scope};
use serde_json::Value;

/// Who asks: what is proven of them.
pub trait Caller {
    /// Who vouches for the subject.
    fn issuer(&self) -> &str;
    /// Who it is, unique within the issuer.
    fn subject(&self) -> &str;
    /// Through which OAuth client, if that is known.
    fn client(&self) -> Option<&str>;
    /// What was granted, with all that it implies.
    fn scope(&self) -> &Scope;
    /// What else the issuer says.
    fn claim(&self, path: &ClaimPath) -> Option<&Value>;
}

/// Some callers: those that every list which is not empty names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Callers {
    /// Subjects, compared exactly.
    pub subjects: Vec<String>,
    /// Issuers, compared exactly; subjects are unique within one only.
    pub issuers: Vec<String>,
    /// OAuth clients, by `client_id`.
    pub clients: Vec<String>,
    /// Claims, each with the values of which the caller's must be one, or hold one if it is a list.
    pub claims: Vec<(ClaimPath, Vec<Value>)>,
}

impl Callers {
    /// Whether `caller` is one of them.
    #[must_use]
    pub fn contain(&self, caller: &dyn Caller) -> bool {
        names(&self.subjects, Some(caller.subject()))
            && names(&self.issuers, Some(caller.issuer()))
            && names(&self.clients, caller.client())
            && self.claims.iter().all(|(path, values)| caller.claim(path).is_some_and(|it| holds(it, values)))
    }
}

fn names(list: &[String], name: Option<&str>) -> bool {
    list.is_empty() || name.is_some_and(|name| list.iter().any(|it| it == name))
}

fn holds(claim: &Value, values: &[Value]) -> bool {
    match claim {
        Value::Array(items) => items.iter().any(|it| values.contains(it)),
        other => values.contains(other),
    }
}
