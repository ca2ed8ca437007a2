use std::sync::Arc;

use oauth_client::{AllowRules, Provider, ProviderPorts, ProviderSettings, local::LocalAccounts};

use super::Means;
use crate::{
    adapters::http_to_named,
    config::{ConfiguredProvider, Loaded, LoadedThirdParty},
    third_party::{
        ResidentError,
        adapters::{IdTokens, SignInProvider},
    },
};

/// Every way to sign in, in the order in which people see them.
pub(super) fn providers(
    means: Means<'_>,
    loaded: &Loaded,
    third_party: LoadedThirdParty<'_>,
) -> Result<Vec<SignInProvider>, ResidentError> {
    let http = http_to_named(loaded)?;
    let leeway = loaded.config.validation.leeway.get();
    let id_tokens = Arc::new(IdTokens::new(Arc::clone(&http), Arc::clone(means.clock), leeway));
    let ports = || ProviderPorts {
        http: Arc::clone(&http),
        clock: Arc::clone(means.clock),
        entropy: Arc::clone(means.entropy),
        id_tokens: id_tokens.clone(),
    };
    let configured = third_party.providers().into_iter();
    configured
        .map(|it| match it {
            ConfiguredProvider::Remote { settings, allow } => third_party_of(*settings, allow, ports()),
            ConfiguredProvider::Local { id, name, accounts, allow } => {
                let name = name.unwrap_or_else(|| ACCOUNTS.to_owned());
                let (clock, entropy) = (Arc::clone(means.clock), means.entropy.as_ref());
                let accounts = Arc::new(LocalAccounts::new(id.clone(), accounts, clock, entropy)?);
                Ok(SignInProvider::Local { id, accounts, rules: allow, name })
            }
        })
        .collect()
}

fn third_party_of(
    settings: ProviderSettings,
    rules: AllowRules,
    ports: ProviderPorts,
) -> Result<SignInProvider, ResidentError> {
    let name = settings.name_for_people().unwrap_or(settings.id.as_str()).to_owned();
    let provider = Arc::new(Provider::new(settings, ports)?);
    Ok(SignInProvider::ThirdParty { provider, rules, name })
}

/// What people see of built-in accounts without a name.
const ACCOUNTS: &str = "an account of this server";
