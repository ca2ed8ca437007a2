use std::collections::BTreeMap;

use crate::config::{
    Config, Preset,
    report::{KeyPath, Problem},
};

/// At least one authorization server unless the gateway is it, each once, each able to issue tokens for this gateway.
pub(super) fn check(config: &Config) -> Result<(), Problem> {
    if config.authorization_servers.is_empty() && config.third_party.is_none() {
        let message =
            r#"an `[[authorization_server]]` section is missing: write one with `issuer = "https://…"`"#;
        return Err(Problem::new(KeyPath::root("authorization_server"), message));
    }
    let mut seen = BTreeMap::new();
    for (section, it) in super::authorization_servers(config) {
        if it.preset == Some(Preset::Google) {
            let message = "Google's access tokens are opaque and bound to no resource, \
                so anybody's Google application could call this server: \
                this needs Option B, where the gateway signs users in at Google itself";
            return Err(Problem::new(section.key("preset"), message));
        }
        if let Some(other) = seen.insert(it.issuer.as_str(), section.clone()) {
            let message = format!("is the issuer of `{other}` too: join the two sections");
            return Err(Problem::new(section.key("issuer"), message));
        }
    }
    Ok(())
}
