use std::collections::{BTreeMap, BTreeSet};

use oauth_types::{Scope, ScopeToken};

/// Which scope values imply others (MCP 2026-07-28 "Step-Up Authorization Flow").
///
/// Implication is transitive; a circle makes its members imply one another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScopeHierarchy(BTreeMap<ScopeToken, Vec<ScopeToken>>);

impl ScopeHierarchy {
    /// The hierarchy where each key implies the values of its list.
    #[must_use]
    pub const fn new(implied: BTreeMap<ScopeToken, Vec<ScopeToken>>) -> Self {
        Self(implied)
    }

    /// `granted` and all that it implies.
    #[must_use]
    pub fn expand(&self, granted: &Scope) -> Scope {
        let mut open: Vec<&ScopeToken> = granted.iter().collect();
        let mut reached: BTreeSet<&ScopeToken> = BTreeSet::new();
        while let Some(token) = open.pop() {
            if reached.insert(token) {
                open.extend(self.0.get(token).into_iter().flatten());
            }
        }
        reached.into_iter().cloned().collect()
    }
}

impl FromIterator<(ScopeToken, Vec<ScopeToken>)> for ScopeHierarchy {
    fn from_iter<I: IntoIterator<Item = (ScopeToken, Vec<ScopeToken>)>>(rows: I) -> Self {
        Self(rows.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(rows: &[(&str, &str)], granted: &str, expected: &str) {
        let hierarchy: ScopeHierarchy = rows
            .iter()
            .map(|(broad, narrow)| {
                (broad.parse().unwrap(), narrow.split(' ').map(|it| it.parse().unwrap()).collect())
            })
            .collect();
        assert_eq!(hierarchy.expand(&granted.parse().unwrap()).to_string(), expected);
    }

    #[test]
    fn b27_c08_a_broader_scope_implies_narrower_ones_and_nothing_else() {
        let rows = [("admin", "write"), ("write", "read"), ("a", "b"), ("b", "a")];
        check(&rows, "admin", "admin read write");
        check(&rows, "write", "read write");
        check(&rows, "read", "read");
        check(&rows, "a", "a b");
        check(&rows, "", "");
        check(&rows, "admin2", "admin2");
        check(&[], "read", "read");
    }
}
