use super::section;
use crate::config::{
    Config, ThirdParty,
    report::{KeyPath, Problem},
};

/// Where the gateway is the authorization server, it is the only one, and knows its own audiences.
pub(super) fn check(config: &Config, _: &ThirdParty) -> Result<(), Problem> {
    if !config.authorization_servers.is_empty() {
        let message = "with `[third_party]` the gateway is the only authorization server, \
            because clients go to the first one they are told: remove this section, or `[third_party]`";
        return Err(Problem::new(KeyPath::root("authorization_server").index(0), message));
    }
    for (server, it) in super::super::servers(config) {
        let unused = [
            ("authorization_servers", it.authorization_servers.is_some()),
            ("audiences", it.audiences.is_some()),
        ];
        if let Some((name, _)) = unused.into_iter().find(|(_, is_there)| *is_there) {
            let message = format!(
                "is for the tokens of other authorization servers, and with `{}` there are none: remove it",
                section()
            );
            return Err(Problem::new(server.key(name), message));
        }
    }
    Ok(())
}
