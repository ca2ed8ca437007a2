use std::sync::Arc;

use oauth_types::{Clock, Issuer};
use token_validate::KeySet;

use crate::{
    adapters::http_to_named,
    config::{ConfiguredIssuer, ConfiguredKeys, Loaded, LoadedThirdParty},
    third_party::{
        ResidentError,
        adapters::{Enterprise, EnterpriseKeys, Enterprises, Trust},
    },
};

/// The enterprises whose identity assertions are believed.
pub(super) fn enterprises(
    loaded: &Loaded,
    third_party: LoadedThirdParty<'_>,
    clock: &Arc<dyn Clock>,
) -> Result<Enterprises, ResidentError> {
    let trusted = third_party.trusted_issuers().into_iter().map(enterprise);
    let http = http_to_named(loaded)?;
    Ok(Enterprises::new(trusted.collect::<Result<_, _>>()?, http, Arc::clone(clock)))
}

/// The trust in them, which lasts for as long as nothing of their sections changes.
pub(super) fn trust(third_party: LoadedThirdParty<'_>) -> Trust {
    let written = third_party.config.trusted_issuers.iter().zip(third_party.trusted_issuers());
    // What is read of a file of keys is in the second alone, what clients may is in the first.
    Trust::new(written.map(|(section, it)| (it.issuer.clone(), format!("{section:?} {:?}", it.keys))))
}

fn enterprise(it: ConfiguredIssuer<'_>) -> Result<(Issuer, Enterprise), ResidentError> {
    let keys = match it.keys {
        None => EnterpriseKeys::Metadata,
        Some(ConfiguredKeys::JwksUri(url)) => EnterpriseKeys::Uri(url.clone()),
        Some(ConfiguredKeys::Jwks(text)) => {
            let read = KeySet::from_jwks_json(text.as_bytes());
            EnterpriseKeys::Inline(read.map_err(|_| ResidentError::IssuerKeys(it.issuer.clone()))?.0)
        }
    };
    Ok((it.issuer, Enterprise { id: it.id, keys, claims: it.claims, rules: it.allow }))
}
