use crate::config::{Config, report::Problem};

/// A server names issuers that are configured.
pub(super) fn check(config: &Config) -> Result<(), Problem> {
    for (section, server) in super::servers(config) {
        let Some(issuers) = &server.authorization_servers else { continue };
        let key = section.key("authorization_servers");
        if issuers.is_empty() {
            return Err(Problem::new(
                key,
                "accepts no issuer at all: name one, or remove the key to accept all",
            ));
        }
        for (index, issuer) in issuers.iter().enumerate() {
            if !config.authorization_servers.iter().any(|it| it.issuer == *issuer) {
                let message = format!(
                    "`{issuer}` has no `[[authorization_server]]` section; \
                    issuers are compared byte for byte, a final slash included"
                );
                return Err(Problem::new(key.index(index), message));
            }
        }
    }
    Ok(())
}
