use crate::config::{Config, report::Problem};

/// Words for people are short and plain: they stand on the consent page.
pub(super) fn check(config: &Config) -> Result<(), Problem> {
    for (section, server) in super::servers(config) {
        for (scope, words) in &server.scope_descriptions {
            if let Err(message) = super::third_party::words(words) {
                let key = section.key("scope_descriptions").key(scope.as_str());
                return Err(Problem::new(key, message));
            }
        }
    }
    Ok(())
}
