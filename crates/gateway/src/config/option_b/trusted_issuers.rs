use oauth_client::{AllowRules, ClaimMapping};
use oauth_types::{Issuer, ProviderId};

use super::{
    ConfiguredKeys, LoadedThirdParty,
    providers::{claims, rules_of},
};
use crate::config::{ClientKeys, TrustedIssuer};

/// An issuer of identity assertions: who it is, and whom of its people are let in.
///
/// What its clients may is in the section itself.
#[derive(Clone, Debug)]
pub struct ConfiguredIssuer<'a> {
    /// Its id, which is the provider of its people.
    pub id: ProviderId,
    /// The `iss` of its assertions.
    pub issuer: Issuer,
    /// Where its keys are; none means where its metadata says.
    pub keys: Option<ConfiguredKeys<'a>>,
    /// Where parts of the identity are.
    pub claims: ClaimMapping,
    /// Who may come in.
    pub allow: AllowRules,
}

impl LoadedThirdParty<'_> {
    /// Every trusted issuer, in the order of the file.
    #[must_use]
    pub fn trusted_issuers(&self) -> Vec<ConfiguredIssuer<'_>> {
        let keys = &self.material.trusted_issuer_keys;
        self.config.trusted_issuers.iter().zip(keys).map(|(it, keys)| issuer(it, keys.as_deref())).collect()
    }
}

fn issuer<'a>(it: &'a TrustedIssuer, file: Option<&'a str>) -> ConfiguredIssuer<'a> {
    let keys = match &it.keys {
        Some(ClientKeys::JwksUri(url)) => Some(ConfiguredKeys::JwksUri(url)),
        Some(ClientKeys::File(_)) => file.map(ConfiguredKeys::Jwks),
        None => None,
    };
    ConfiguredIssuer {
        id: it.id.clone(),
        issuer: it.issuer.clone(),
        keys,
        claims: claims(&it.claims),
        allow: rules_of(&it.allow),
    }
}
