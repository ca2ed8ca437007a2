use oauth_types::InvalidClaimPath;
use token_validate::{
    Algorithm, AudiencePolicy, ClientSecret, Introspection, IntrospectionAuth, IntrospectionScope,
    InvalidKeySet, IssuerPolicy, KeySet, KeySource, Preset, TokenTypePolicy,
};

use crate::config::{self, AuthorizationServer, AuthorizationServerMaterial, Loaded};

/// Why an `[[authorization_server]]` cannot be used, although the file was accepted.
#[derive(Debug, thiserror::Error)]
pub enum IssuerError {
    /// The key file holds no usable key.
    #[error("the key file of {0} cannot be used")]
    Keys(String, #[source] InvalidKeySet),
    /// A required claim has no name.
    #[error("a required claim of {0} has no name")]
    Claim(String, #[source] InvalidClaimPath),
}

/// The policies of all configured issuers: the preset first, then what the file says on top of it.
pub(crate) fn issuer_policies(loaded: &Loaded) -> Result<Vec<IssuerPolicy>, IssuerError> {
    loaded.authorization_servers().map(|(section, material)| issuer_policy(section, material)).collect()
}

fn issuer_policy(
    section: &AuthorizationServer,
    material: &AuthorizationServerMaterial,
) -> Result<IssuerPolicy, IssuerError> {
    let issuer = section.issuer.clone();
    let mut policy = match section.preset {
        Some(it) => IssuerPolicy::with_preset(preset(it), issuer),
        None => IssuerPolicy::new(issuer),
    };
    policy.keys = key_source(section, material)?;
    if let Some(algorithms) = &section.algorithms {
        policy.algorithms = algorithms.iter().copied().map(algorithm).collect();
    }
    if let Some(token_type) = section.token_type {
        policy.token_type = match token_type {
            config::TokenType::Strict => TokenTypePolicy::Strict,
            config::TokenType::Lenient => TokenTypePolicy::Lenient,
        };
    }
    if let Some(claims) = &section.scope_claims {
        policy.scope_claims.clone_from(claims);
    }
    if let Some(prefix) = &section.scope_prefix {
        policy.scope_prefix = Some(prefix.clone());
    }
    policy.scope_hierarchy = section
        .scope_hierarchy
        .iter()
        .map(|(broad, narrow)| (broad.clone(), narrow.iter().cloned().collect()))
        .collect();
    policy.required_claims.extend(required_claims(section)?);
    policy.allowed_clients.clone_from(&section.clients);
    set_audience(&mut policy, section);
    if let Some(lifetime) = section.max_token_lifetime {
        policy.max_lifetime = Some(lifetime.get());
    }
    policy.introspection = introspection(section, material);
    Ok(policy)
}

fn key_source(
    section: &AuthorizationServer,
    material: &AuthorizationServerMaterial,
) -> Result<KeySource, IssuerError> {
    Ok(match (&section.keys, &material.keys) {
        (config::KeySource::JwksUri(url), _) => KeySource::JwksUri(url.clone()),
        (config::KeySource::File(_), Some(text)) => KeySource::Static(key_set(section, text)?),
        (config::KeySource::Discovery | config::KeySource::File(_), _) => KeySource::Discovery,
    })
}

fn key_set(section: &AuthorizationServer, text: &str) -> Result<KeySet, IssuerError> {
    let read = if text.trim_start().starts_with('{') {
        KeySet::from_jwks_json(text.as_bytes()).map(|(keys, warnings)| {
            for warning in warnings {
                tracing::warn!(issuer = %section.issuer, %warning, "a key of the key file is not used");
            }
            keys
        })
    } else {
        KeySet::from_pem(text.as_bytes())
    };
    read.map_err(|it| IssuerError::Keys(section.issuer.to_string(), it))
}

fn required_claims(
    section: &AuthorizationServer,
) -> Result<Vec<(oauth_types::ClaimPath, String)>, IssuerError> {
    let claim = |(name, value): (&String, &serde_json::Value)| {
        let path = name.parse().map_err(|it| IssuerError::Claim(section.issuer.to_string(), it))?;
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        Ok((path, text))
    };
    section.required_claims.iter().map(claim).collect()
}

fn set_audience(policy: &mut IssuerPolicy, section: &AuthorizationServer) {
    let by_client = match section.audience_claim {
        Some(config::AudienceClaim::Aud) => false,
        Some(config::AudienceClaim::ClientId) => true,
        None => matches!(policy.audience, AudiencePolicy::ClientId { .. }),
    };
    policy.audience = if by_client {
        AudiencePolicy::ClientId { allowed: section.clients.clone().unwrap_or_default() }
    } else {
        AudiencePolicy::Claim
    };
}

fn introspection(
    section: &AuthorizationServer,
    material: &AuthorizationServerMaterial,
) -> Option<Introspection> {
    let (section, secret) = section.introspection.as_ref().zip(material.client_secret.as_ref())?;
    Some(Introspection {
        endpoint: section.endpoint.clone(),
        client_id: section.client_id.clone(),
        client_secret: ClientSecret::new(secret.expose().to_owned()),
        auth: match section.auth {
            config::IntrospectionAuth::Basic => IntrospectionAuth::Basic,
            config::IntrospectionAuth::Post => IntrospectionAuth::Post,
        },
        applies_to: match section.tokens {
            config::IntrospectionFor::Opaque => IntrospectionScope::Opaque,
            config::IntrospectionFor::Every => IntrospectionScope::Every,
        },
        cache: section.cache.get(),
    })
}

/// The preset of the same name.
pub(crate) const fn preset(preset: config::Preset) -> Preset {
    match preset {
        config::Preset::Auth0 => Preset::Auth0,
        config::Preset::Keycloak => Preset::Keycloak,
        config::Preset::Okta => Preset::Okta,
        config::Preset::EntraV1 => Preset::EntraV1,
        config::Preset::EntraV2 => Preset::EntraV2,
        config::Preset::Cognito => Preset::Cognito,
        config::Preset::Google => Preset::Google,
    }
}

const fn algorithm(algorithm: config::Algorithm) -> Algorithm {
    match algorithm {
        config::Algorithm::RS256 => Algorithm::Rs256,
        config::Algorithm::RS384 => Algorithm::Rs384,
        config::Algorithm::RS512 => Algorithm::Rs512,
        config::Algorithm::PS256 => Algorithm::Ps256,
        config::Algorithm::PS384 => Algorithm::Ps384,
        config::Algorithm::PS512 => Algorithm::Ps512,
        config::Algorithm::ES256 => Algorithm::Es256,
        config::Algorithm::ES384 => Algorithm::Es384,
        config::Algorithm::EdDsa => Algorithm::EdDsa,
    }
}
