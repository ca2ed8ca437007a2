use crate::config::{Config, report::Problem};

/// `offline_access` asks for a refresh token; no access token is required to have it.
pub(super) fn check(config: &Config) -> Result<(), Problem> {
    for (section, server) in super::servers(config) {
        if let Some(index) = server.scopes.iter().position(|it| it.as_str() == "offline_access") {
            let message =
                "`offline_access` is the client's wish for a refresh token, not a permission: remove it";
            return Err(Problem::new(section.key("scopes").index(index), message));
        }
    }
    Ok(())
}
