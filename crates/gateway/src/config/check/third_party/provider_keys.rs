use crate::config::{
    Config, Provider, ProviderClaims, ProviderEndpoints, ProviderPreset, ThirdParty,
    report::{KeyPath, Problem},
};

/// A third party has a client and no accounts; built-in accounts have no client.
pub(super) fn check(_: &Config, third_party: &ThirdParty) -> Result<(), Problem> {
    for (section, it) in super::providers(third_party) {
        if it.is_local() { local(&section, it)? } else { remote(&section, it)? }
    }
    Ok(())
}

fn remote(section: &KeyPath, it: &Provider) -> Result<(), Problem> {
    if it.client_id.is_none() {
        let message = format!("is missing: register the gateway at `{}` and write its client id", it.preset);
        return Err(Problem::new(section.key("client_id"), message));
    }
    if !it.accounts.is_empty() {
        let message = "accounts are for `preset = \"local\"`: remove them, or change the preset";
        return Err(Problem::new(section.key("account"), message));
    }
    let is_openid = it.scopes.iter().any(|scope| scope == "openid");
    match it.preset {
        ProviderPreset::SlackApi if it.scopes.is_empty() || is_openid => {
            let message = "name the scopes of Slack's API, such as `[\"users:read\"]`, without `openid`; \
                to sign people in only, write `preset = \"slack\"`";
            Err(Problem::new(section.key("scopes"), message))
        }
        ProviderPreset::Slack if !it.scopes.is_empty() && !is_openid => {
            let message = "must hold `openid`; for the scopes of Slack's API, write `preset = \"slack-api\"`";
            Err(Problem::new(section.key("scopes"), message))
        }
        _ => Ok(()),
    }
}

fn local(section: &KeyPath, it: &Provider) -> Result<(), Problem> {
    let keys = [
        ("client_id", it.client_id.is_some()),
        ("client_secret", it.client_secret.is_some()),
        ("issuer", it.issuer.is_some()),
        ("tenant", it.tenant.is_some()),
        ("scopes", !it.scopes.is_empty()),
        ("scope_prefix", it.scope_prefix.is_some()),
        ("resource", it.resource.is_some()),
        ("offline", it.offline.is_some()),
        ("pkce", it.pkce.is_some()),
        ("token_auth", it.token_auth.is_some()),
        ("authorize_parameters", !it.authorize_parameters.is_empty()),
        ("endpoints", it.endpoints != ProviderEndpoints::default()),
        ("connect", it.connect),
        ("claims", it.claims != ProviderClaims::default()),
    ];
    match keys.into_iter().find(|(_, is_there)| *is_there) {
        None => Ok(()),
        Some((name, _)) => {
            let message = "is for third parties, and `local` has accounts of its own: remove it";
            Err(Problem::new(section.key(name), message))
        }
    }
}
