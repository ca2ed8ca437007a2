use crate::config::{Config, report::Problem};

/// Without an audience a token for anybody would open this server.
pub(super) fn check(config: &Config) -> Result<(), Problem> {
    for (section, server) in super::servers(config) {
        if server.audiences.as_ref().is_some_and(Vec::is_empty) {
            let message = format!(
                "accepts no audience at all: write the `aud` of your tokens, or remove the key for `{}`",
                config.resource(server)
            );
            return Err(Problem::new(section.key("audiences"), message));
        }
    }
    Ok(())
}
