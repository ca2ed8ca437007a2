use std::collections::BTreeMap;

use oauth_types::ProviderId;

use super::{section, words};
use crate::config::{Config, ThirdParty, report::Problem};

/// Somebody must be able to sign in, and each provider has an id of its own.
pub(super) fn check(_: &Config, third_party: &ThirdParty) -> Result<(), Problem> {
    if third_party.providers.is_empty() {
        let message = "a `[[third_party.provider]]` section is missing: \
            write one with `id`, `preset`, `client_id`, `client_secret` and `allow`, \
            or with `preset = \"local\"` and accounts";
        return Err(Problem::new(section(), message));
    }
    let mut seen = BTreeMap::new();
    for (provider, it) in super::providers(third_party) {
        if it.id.as_str() == ProviderId::CLIENT {
            let message = "stands for clients that act for themselves: choose another id";
            return Err(Problem::new(provider.key("id"), message));
        }
        if let Some(other) = seen.insert(it.id.as_str(), provider.clone()) {
            let message = format!("is the id of `{other}` too: give each provider its own");
            return Err(Problem::new(provider.key("id"), message));
        }
        if let Some(name) = &it.name {
            words(name).map_err(|message| Problem::new(provider.key("name"), message))?;
        }
    }
    Ok(())
}
