use serde::{Deserialize, Serialize};

use crate::Subject;

/// The `act` claim: who acts for the subject of a token, and inside it whoever acted before (RFC 8693 section 4.1).
///
/// Only the outermost one counts for decisions; the others are history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// Who acts.
    pub sub: Subject,
    /// Who acted before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub act: Option<Box<Actor>>,
}

impl Actor {
    /// How many have acted.
    #[must_use]
    pub fn depth(&self) -> usize {
        1 + self.act.as_ref().map_or(0, |it| it.depth())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_acted_before_is_inside() {
        let text = r#"{"sub":"b","act":{"sub":"a"}}"#;
        let actor: Actor = serde_json::from_str(text).unwrap();
        assert_eq!((actor.sub.as_str(), actor.depth()), ("b", 2));
        assert_eq!(serde_json::to_string(&actor).unwrap(), text);
        assert_eq!(actor.act.unwrap().depth(), 1);
        for bad in ["{}", r#"{"sub":""}"#, r#"{"sub":1}"#, r#"{"sub":"a","act":"b"}"#] {
            assert!(serde_json::from_str::<Actor>(bad).is_err(), "{bad}");
        }
    }
}
