//! The clients of these tests, and what each may do.

use std::{error::Error, sync::Arc};

use oauth_client::{AllowRules, ClaimMapping};
use oauth_server::{
    Client, ClientAuthMethod, ClientKeys, ClientOrigin, ClientProof, ClientSources, Clients,
    ConfiguredClient, ExchangeRule, GrantType, OfferedResource, SecretDigest, ServerSettings, TrustedIssuer,
};
use oauth_types::{ClientId, Clock, Issuer};
use outbound_http::HttpClient;

use crate::third_party::{
    adapters::{ClientAssertions, Enterprise, EnterpriseKeys, Enterprises},
    state::State,
    testing::*,
};

pub(super) fn settings(issuer: &Issuer) -> Result<ServerSettings, Box<dyn Error>> {
    let offered = OfferedResource {
        resource: RESOURCE.parse()?,
        scopes: "mcp".parse()?,
        default_scopes: "mcp".parse()?,
    };
    let machine: ClientId = MACHINE.parse()?;
    let exchange =
        ExchangeRule { resource: RESOURCE.parse()?, targets: [(NEXT_HOP.parse()?, "mcp".parse()?)].into() };
    let enterprise = TrustedIssuer { issuer: IDP.parse()?, clients: [machine.clone()].into(), scopes: None };
    let mut settings = ServerSettings::new(issuer.clone(), vec![offered])?;
    settings.client_credentials = [(machine.clone(), "mcp".parse()?)].into();
    settings.token_exchange = [(machine, exchange)].into();
    settings.trusted_issuers = vec![enterprise];
    Ok(settings)
}

pub(super) fn clients(
    state: &State,
    clock: &Arc<dyn Clock>,
    http: Arc<dyn HttpClient>,
) -> Result<Clients, Box<dyn Error>> {
    let keys = ClientKeys::Uri(JWKS.parse()?);
    let configured = [
        (client(), ClientAuthMethod::None, ClientProof::Nothing),
        (
            MACHINE.parse()?,
            ClientAuthMethod::ClientSecretPost,
            ClientProof::Secret(SecretDigest::of(MACHINE_SECRET)),
        ),
        (KEYED.parse()?, ClientAuthMethod::PrivateKeyJwt, ClientProof::Keys(keys)),
    ];
    let configured = configured.map(|(id, method, proof)| ConfiguredClient::new(of(id, method), proof));
    Ok(Clients::new(ClientSources {
        issuer: state.issuer.clone(),
        configured: configured.into_iter().collect::<Result<_, _>>()?,
        documents: None,
        registrations: None,
        store: Arc::clone(&state.store),
        assertions: Arc::new(ClientAssertions::new(http, Arc::clone(clock))),
        clock: Arc::clone(clock),
    }))
}

/// The third party vouches for its people also as an enterprise.
pub(super) fn enterprises(http: Arc<dyn HttpClient>, clock: &Arc<dyn Clock>) -> Enterprises {
    let enterprise = Enterprise {
        id: "acme".parse().unwrap(),
        keys: EnterpriseKeys::Uri(JWKS.parse().unwrap()),
        claims: ClaimMapping::default(),
        rules: AllowRules { groups: ["staff".to_owned()].into(), ..AllowRules::default() },
    };
    Enterprises::new([(IDP.parse().unwrap(), enterprise)].into(), http, Arc::clone(clock))
}

fn of(id: ClientId, auth_method: ClientAuthMethod) -> Client {
    Client {
        id,
        origin: ClientOrigin::Configured,
        name: Some("Client".to_owned()),
        host: None,
        redirect_uris: vec![REDIRECT.parse().unwrap()],
        auth_method,
        grant_types: vec![GrantType::AuthorizationCode, GrantType::RefreshToken],
        scope: None,
        default_scope: None,
        dpop_bound_access_tokens: false,
        require_pushed_authorization_requests: false,
    }
}

/// A client with a secret, which acts for itself, brings assertions and exchanges tokens.
pub(super) const MACHINE: &str = "machine";
pub(super) const MACHINE_SECRET: &str = "secret-of-the-machine";
/// A client that proves itself by the keys that the third party publishes.
pub(super) const KEYED: &str = "keyed";
/// Where a token for here is exchanged for another.
pub(super) const NEXT_HOP: &str = "https://next.example/mcp";
