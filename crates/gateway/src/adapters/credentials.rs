use std::sync::Arc;

use oauth_types::{Clock, Entropy};
use outbound_http::HttpClient;

use super::{Assertion, SigningKey, SigningKeyError};
use crate::{
    config::{
        CredentialExchange, CredentialMaterial, ExchangeSubject, IntrospectionAuth, Secret, Server,
        ServerCredential, ServerMaterial,
    },
    credential::{
        ClientProof, Credentials, ExchangeSettings, Placement, SubjectToken, TokenExchange, UpstreamToken,
        UserCredentials,
    },
};

/// What credentials are made with.
#[derive(Clone, Copy)]
pub(crate) struct CredentialMeans<'a> {
    /// The origin of the gateway: who says who calls.
    pub(crate) issuer: &'a str,
    /// Signs for servers that name no key of their own.
    pub(crate) key: &'a Arc<SigningKey>,
    pub(crate) http: &'a Arc<dyn HttpClient>,
    pub(crate) clock: &'a Arc<dyn Clock>,
    pub(crate) entropy: &'a Arc<dyn Entropy>,
    /// The tokens of sign-ins, with Option B.
    pub(crate) third_party: Option<&'a Arc<dyn ThirdPartyCredentials>>,
}

/// Where the tokens are that third parties gave for persons who signed in there; there are some with Option B only.
pub(crate) trait ThirdPartyCredentials: std::fmt::Debug + Send + Sync {
    /// Those of `provider`, for one server.
    fn of(&self, provider: &oauth_types::ProviderId) -> Arc<dyn UserCredentials>;
}

/// What lets callers of `server` in at its upstream, and the keys that are to be published for it.
///
/// # Errors
/// When a key cannot be used.
pub(crate) fn credentials(
    server: &Server,
    material: &ServerMaterial,
    means: CredentialMeans<'_>,
) -> Result<(Credentials, Vec<Arc<SigningKey>>), SigningKeyError> {
    let (Some(section), Some(material)) = (&server.credential, &material.credential) else {
        return Ok((Credentials::None, Vec::new()));
    };
    let placement = placement(section);
    if let Some(secret) = &material.secret {
        let token = UpstreamToken::new(secret.expose().to_owned());
        return Ok((Credentials::Fixed(token, placement), Vec::new()));
    }
    if let Some(exchange) = &section.exchange {
        let (settings, keys) =
            exchange_settings(exchange, material, (means.issuer, means.key), means.entropy)?;
        let (http, clock, entropy) = (means.http, means.clock, means.entropy);
        let source = TokenExchange::new(settings, Arc::clone(http), Arc::clone(clock), Arc::clone(entropy));
        return Ok((Credentials::OfUser(Arc::new(source), placement), keys));
    }
    let third_party = section.third_party.as_ref().zip(means.third_party);
    let source = third_party.map(|(provider, tokens)| tokens.of(provider));
    Ok((source.map_or(Credentials::None, |it| Credentials::OfUser(it, placement)), Vec::new()))
}

/// Where the credential of `section` stands in a request.
pub(crate) fn placement(section: &ServerCredential) -> Placement {
    Placement { header: section.header.name().clone(), scheme: section.scheme().map(str::to_owned) }
}

/// How `section` exchanges, and the keys that are to be published for it.
///
/// # Errors
/// When a key cannot be used.
pub(crate) fn exchange_settings(
    section: &CredentialExchange,
    material: &CredentialMaterial,
    (gateway, key): (&str, &Arc<SigningKey>),
    entropy: &Arc<dyn Entropy>,
) -> Result<(ExchangeSettings, Vec<Arc<SigningKey>>), SigningKeyError> {
    let own = material.client_key.as_ref().map(SigningKey::from_configured).transpose()?.map(Arc::new);
    let key = own.as_ref().unwrap_or(key);
    let proof = match (&material.client_secret, section.auth) {
        (Some(secret), IntrospectionAuth::Basic) => ClientProof::Basic(Secret::clone(secret)),
        (Some(secret), IntrospectionAuth::Post) => ClientProof::Post(Secret::clone(secret)),
        (None, _) => ClientProof::Key(Arc::clone(key)),
    };
    let subject = match section.subject {
        ExchangeSubject::AccessToken => SubjectToken::Presented,
        ExchangeSubject::Assertion => SubjectToken::Assertion(Arc::new(Assertion {
            issuer: gateway.to_owned(),
            audience: section.issuer.to_string(),
            lifetime: ASSERTION_LIFE,
            header: http::header::AUTHORIZATION,
            key: Arc::clone(key),
            entropy: Arc::clone(entropy),
        })),
    };
    let signs = own.is_some() || matches!(subject, SubjectToken::Assertion(_));
    let keys = signs.then(|| Arc::clone(key)).into_iter().collect();
    let settings = ExchangeSettings {
        issuer: section.issuer.clone(),
        token_endpoint: section.token_endpoint.clone(),
        client_id: section.client_id.clone(),
        proof,
        subject,
        audience: section.audience.clone(),
        resource: section.resource.clone(),
        scope: section.scopes.iter().cloned().collect(),
    };
    Ok((settings, keys))
}

/// Long enough for one question.
const ASSERTION_LIFE: std::time::Duration = std::time::Duration::from_secs(60);
