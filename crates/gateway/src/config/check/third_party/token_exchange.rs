use crate::config::{
    ClientAuth, Config, ThirdParty, TokenExchange,
    report::{KeyPath, Problem},
};

/// Whoever exchanges tokens proves itself, is a server here, and goes on to somewhere else.
pub(super) fn check(config: &Config, third_party: &ThirdParty) -> Result<(), Problem> {
    for (section, it) in super::clients(third_party) {
        let Some(exchange) = &it.token_exchange else { continue };
        let section = section.key("token_exchange");
        if it.auth == ClientAuth::None {
            let message = "whoever exchanges tokens must prove who it is: \
                write `auth = \"client_secret_basic\"` and `client_secret`";
            return Err(Problem::new(section, message));
        }
        one(config, &section, exchange)?;
    }
    Ok(())
}

fn one(config: &Config, section: &KeyPath, it: &TokenExchange) -> Result<(), Problem> {
    let Some(server) = config.servers.iter().find(|server| server.path == it.server) else {
        let message = "is the path of no `[[server]]`";
        return Err(Problem::new(section.key("server"), message));
    };
    let targets = section.key("targets");
    if it.targets.is_empty() {
        return Err(Problem::new(targets, "names no place to go on to: write one, or remove the section"));
    }
    for (index, target) in it.targets.iter().enumerate() {
        let section = targets.index(index);
        if target.resource == config.resource(server) {
            let message = "is the server itself: its tokens are good there already";
            return Err(Problem::new(section.key("resource"), message));
        }
        if it.targets.iter().take(index).any(|other| other.resource == target.resource) {
            return Err(Problem::new(section.key("resource"), "is there twice"));
        }
        if target.scopes.is_empty() {
            return Err(Problem::new(
                section.key("scopes"),
                "allows no scope: name one, or remove the target",
            ));
        }
    }
    Ok(())
}
