use oauth_server::{
    ClientKeys, ClientProof, ConfiguredClient, DocumentSettings, HostPattern, Rate, RegistrationSettings,
    SecretDigest, ServerSettings, paths,
};

use crate::{
    config::{ConfiguredClientParts, ConfiguredKeys, HostName, Loaded, LoadedThirdParty},
    third_party::ResidentError,
};

/// The clients that the operator wrote.
pub(super) fn configured(third_party: LoadedThirdParty<'_>) -> Result<Vec<ConfiguredClient>, ResidentError> {
    third_party.clients().into_iter().map(client).collect()
}

fn client(parts: ConfiguredClientParts<'_>) -> Result<ConfiguredClient, ResidentError> {
    let ConfiguredClientParts { client, secret, keys, .. } = parts;
    let proof = match (secret, keys) {
        (Some(secret), _) => ClientProof::Secret(SecretDigest::of(secret.expose())),
        (None, Some(ConfiguredKeys::JwksUri(url))) => ClientProof::Keys(ClientKeys::Uri(url.clone())),
        (None, Some(ConfiguredKeys::Jwks(text))) => {
            let keys = serde_json::from_str(text);
            let keys = keys.map_err(|_| ResidentError::ClientKeys(client.id.clone()))?;
            ClientProof::Keys(ClientKeys::Inline(keys))
        }
        (None, None) => ClientProof::Nothing,
    };
    Ok(ConfiguredClient::new(client, proof)?)
}

pub(super) fn document_settings(loaded: &Loaded, third_party: LoadedThirdParty<'_>) -> DocumentSettings {
    DocumentSettings {
        hosts: patterns(third_party.config.client_metadata_documents.hosts.as_deref()),
        allow_loopback: loaded.config.outbound.allow_loopback,
        ..DocumentSettings::default()
    }
}

pub(super) fn registration_settings(
    third_party: LoadedThirdParty<'_>,
    settings: &ServerSettings,
) -> RegistrationSettings {
    let mut endpoint = settings.issuer().url().clone();
    endpoint.set_path(paths::REGISTER);
    let section = &third_party.config.registration;
    let tokens = &third_party.material.initial_access_tokens;
    RegistrationSettings {
        initial_access_tokens: tokens.iter().map(|it| SecretDigest::of(it.expose())).collect(),
        redirect_hosts: patterns(section.client_hosts.as_deref()),
        per_source: Rate::per_minute(section.per_minute_of_an_address),
        all_sources: Rate::per_minute(section.per_minute),
        max_clients: section.max_clients as usize,
        unused_lifetime: section.unused_for.get(),
        idle_lifetime: section.expire_after.get(),
        ..RegistrationSettings::new(endpoint)
    }
}

/// A name that is no host was refused when the configuration was read.
fn patterns(names: Option<&[HostName]>) -> Option<Vec<HostPattern>> {
    names.map(|names| names.iter().filter_map(|it| it.as_str().parse().ok()).collect())
}
