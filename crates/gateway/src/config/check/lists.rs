use crate::config::{Config, report::Problem};

/// An empty list allows nothing, which nobody means: leaving the key out is the default.
pub(super) fn check(config: &Config) -> Result<(), Problem> {
    for (section, it) in super::authorization_servers(config) {
        let refuse = |name: &str, message: &str| Err(Problem::new(section.key(name), message));
        if it.algorithms.as_ref().is_some_and(Vec::is_empty) {
            return refuse(
                "algorithms",
                r#"accepts no signature at all: write for example ["RS256"], or remove the key"#,
            );
        }
        if it.scope_claims.as_ref().is_some_and(Vec::is_empty) {
            return refuse(
                "scope_claims",
                r#"reads no scope at all: write for example ["scope"], or remove the key"#,
            );
        }
        if it.scope_prefix.as_ref().is_some_and(String::is_empty) {
            return refuse(
                "scope_prefix",
                "is empty: write the prefix, such as `api://files/`, or remove the key",
            );
        }
        if it.clients.as_ref().is_some_and(Vec::is_empty) {
            return refuse(
                "clients",
                "denies every client: name the allowed client ids, or remove the key to allow all",
            );
        }
    }
    Ok(())
}
