use crate::config::{Config, report::Problem};

/// `offline_access` asks for a refresh token; no access token is required to have it.
pub(super) fn check(config: &Config) -> Result<(), Problem> {
    for (section, server) in super::servers(config) {
        for (name, scopes) in [("scopes", &server.scopes), ("offered_scopes", &server.offered_scopes)] {
            if let Some(index) = scopes.iter().position(|it| it.as_str() == OFFLINE_ACCESS) {
                return Err(Problem::new(section.key(name).index(index), NO_PERMISSION));
            }
        }
    }
    Ok(())
}

pub(super) const OFFLINE_ACCESS: &str = "offline_access";

pub(super) const NO_PERMISSION: &str =
    "`offline_access` is the client's wish for a refresh token, not a permission: remove it";
