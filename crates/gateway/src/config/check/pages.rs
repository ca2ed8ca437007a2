use crate::config::{Config, report::Problem};

/// Clients show these links to people, so they are web pages and nothing else.
pub(super) fn check(config: &Config) -> Result<(), Problem> {
    for (section, server) in super::servers(config) {
        let pages =
            [("documentation", &server.documentation), ("policy", &server.policy), ("terms", &server.terms)];
        for (name, page) in pages {
            if page.as_ref().is_some_and(|it| !matches!(it.scheme(), "https" | "http")) {
                return Err(Problem::new(section.key(name), "must be an `https` URL"));
            }
        }
    }
    Ok(())
}
