//! Everything that follows from one configuration, replaced whole when the configuration is.

use std::sync::{Arc, atomic::AtomicBool};

use axum::{body::Body, extract::Request, response::Response};
use mcp_proxy::{Proxy, SessionKey};
use oauth_types::{Clock, Entropy, Scope, ScopeToken, SystemClock};
use outbound_http::{ClientSetupError, HttpClient};
use resource_metadata::Documents;
use token_validate::{IssuerPolicy, KeyRefresher, ResourcePolicy, Validator, ValidatorSettings};
use tokio_util::sync::CancellationToken;

use crate::{
    access::{
        Acceptance, Acceptances, Anonymous, CredentialVariable, Dpop, GrantCheck, Loopback, Oversight,
        ProtectedServer, ServerParts, UpstreamKind, Ways,
    },
    adapters::{
        self, AnnotationsOfServers, Assertion, Bridges, CredentialMeans, DpopMemory, Identity, IssuerError,
        QuotasOfServers, ServerError, SigningKey, SigningKeyError, ThirdPartyCredentials, http_to_named,
        issuer_policies, policy, protected_resource, stdio_settings, upstream_settings,
    },
    api_keys::{KeyFileError, KeyRings},
    audit::Trail,
    config::{self, Config, DpopMode, Loaded, Secret, Server, ServerMaterial, Upstream},
    credential::Credentials,
    edge::{Edge, Hosts, Origins, TrustedProxies},
    limits::{AddressLimit, RequestLimit, StreamLimit},
    metrics::Metrics,
    own_authorization_server::OwnAuthorizationServer,
    request_body::BodyBounds,
    routes::{Readiness, Routes, ServerIssuers},
    service::Arrival,
};

/// What outlives a configuration.
#[derive(Debug)]
pub(crate) struct Process {
    pub(crate) clock: Arc<SystemClock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    /// Binds MCP sessions to principals unless the configuration has a key.
    pub(crate) session_key: SessionKey,
    /// Which proofs of bound tokens were used.
    pub(crate) dpop: DpopMemory,
    /// What the tools of each server say of themselves.
    pub(crate) annotations: AnnotationsOfServers,
    /// The API keys of all servers.
    pub(crate) api_keys: KeyRings,
    /// Signs assertions for upstreams that name no key of their own.
    pub(crate) identity_key: Arc<SigningKey>,
    /// What was spent of the quotas of each server.
    pub(crate) quotas: QuotasOfServers,
    /// Where the lines of the audit go.
    pub(crate) audit: Trail,
    /// What is counted.
    pub(crate) metrics: Arc<Metrics>,
    /// Set when the gateway has begun to stop.
    pub(crate) draining: Arc<AtomicBool>,
    pub(crate) listening_ends: CancellationToken,
    pub(crate) answering_ends: CancellationToken,
}

/// One configuration at work.
#[derive(Debug)]
pub(crate) struct Runtime {
    edge: Edge,
    routes: Routes,
    validator: Validator,
    acceptances: Acceptances,
    streams: StreamLimit,
    bridges: Bridges,
    addresses: AddressLimit,
    bodies: BodyBounds,
    https: bool,
}

/// Why a configuration that was read cannot be put to work.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// An authorization server.
    #[error(transparent)]
    Issuer(#[from] IssuerError),
    /// A server.
    #[error(transparent)]
    Server(#[from] ServerError),
    /// The client for metadata and keys.
    #[error("the client for metadata and keys cannot be set up")]
    Outbound(#[from] ClientSetupError),
    /// A signing key.
    #[error(transparent)]
    SigningKey(#[from] SigningKeyError),
    /// A file of API keys.
    #[error("the API keys")]
    ApiKeys(#[from] KeyFileError),
}

impl Runtime {
    /// Puts `loaded` to work, with `own` for tokens of the gateway itself; keys that `previous` has fetched are kept where their source is the same.
    ///
    /// The refresher must be run for as long as the runtime is in use.
    ///
    /// # Errors
    /// [`BuildError`] for what only shows when the parts are made.
    pub(crate) fn build(
        loaded: &Loaded,
        process: &Process,
        own: OwnAuthorizationServer,
        previous: Option<&Self>,
    ) -> Result<(Self, KeyRefresher), BuildError> {
        let config = &loaded.config;
        let mut issuers = issuer_policies(loaded)?;
        issuers.extend(own.issuers);
        let issuers = Arc::new(issuers);
        // Apart from the one that fetches keys: a slow exchange must not keep it waiting.
        let to_exchanges = http_to_named(loaded)?;
        let (validator, refresher) = validator(loaded, process, &issuers, http_to_named(loaded)?, previous);
        let requests = RequestLimit::new(config.limits.concurrent_requests as usize);
        let streams = stream_limit(config, previous.map(|it| &it.streams));
        let most = config.limits.requests_per_address as usize;
        let addresses = AddressLimit::new(most, previous.map(|it| &it.addresses));
        let third_party = own.credentials.as_ref();
        let mut servers = Vec::new();
        let mut acceptances = Acceptances::default();
        let mut assertion_keys = Vec::new();
        let mut bridges = Bridges::default();
        for (server, material) in loaded.servers() {
            let identity = identity(loaded, process, server, material)?;
            assertion_keys.extend(identity.assertion.as_ref().map(|it| Arc::clone(&it.key)));
            let credentials = credentials(loaded, process, (server, material), &to_exchanges, third_party)?;
            assertion_keys.extend(credentials.1);
            let towards_upstream = (identity, credentials.0);
            let limits = (requests.clone(), streams.clone());
            let acceptance = acceptance(config, server, &issuers)?;
            let ends = acceptances.add(acceptance.clone(), previous.map(|it| &it.acceptances));
            let accepted = (acceptance, ends);
            let judges = (&validator, Arc::clone(&own.grants));
            let before = previous.map(|it| &it.bridges);
            let upstream = upstream(loaded, process, (server, material), (&mut bridges, before))?;
            let how = (upstream, towards_upstream);
            let parts = server_parts(loaded, process, server, how, judges, limits, accepted)?;
            servers.push(Arc::new(ProtectedServer::new(parts)));
        }
        let documents =
            Documents::new(servers.iter().map(|it| it.resource().clone())).map_err(ServerError::from)?;
        let readiness = Readiness::new(validator.clone(), issuers_of(config), Arc::clone(&process.draining))
            .hindered_by(own.hindrance);
        let routes = Routes::new(&servers, documents, readiness, &assertion_keys, own.router);
        let https = config.public_url.is_https();
        Ok((
            Self {
                edge: edge(loaded),
                routes,
                validator,
                acceptances,
                streams,
                bridges,
                addresses,
                bodies: bodies(config),
                https,
            },
            refresher,
        ))
    }

    /// Ends the event streams whose tokens `next` may refuse.
    pub(crate) fn give_way_to(&self, next: &Self) {
        self.acceptances.give_way_to(&next.acceptances);
        self.bridges.give_way_to(&next.bridges);
    }

    /// Ends the processes of upstreams, and waits until they are gone.
    pub(crate) async fn stop(&self) {
        self.bridges.stop().await;
    }

    /// The checks of every request.
    pub(crate) const fn edge(&self) -> &Edge {
        &self.edge
    }

    /// The places of each client address.
    pub(crate) const fn addresses(&self) -> &AddressLimit {
        &self.addresses
    }

    /// What is read of the body of a request.
    pub(crate) const fn bodies(&self) -> BodyBounds {
        self.bodies
    }

    /// Whether clients come by https.
    pub(crate) const fn is_https(&self) -> bool {
        self.https
    }

    /// What the issuers' keys are like.
    pub(crate) const fn validator(&self) -> &Validator {
        &self.validator
    }

    /// Every path.
    #[cfg(test)]
    pub(crate) const fn routes(&self) -> &Routes {
        &self.routes
    }

    /// Lets the route of `request` answer it.
    pub(crate) async fn route(&self, arrival: &Arrival, request: Request<Body>) -> Response {
        self.routes.answer(arrival, request).await
    }
}

fn validator(
    loaded: &Loaded,
    process: &Process,
    issuers: &[IssuerPolicy],
    http: Arc<dyn HttpClient>,
    previous: Option<&Runtime>,
) -> (Validator, KeyRefresher) {
    let config = &loaded.config;
    let settings = ValidatorSettings {
        leeway: config.validation.leeway.get(),
        cache_entries: config.validation.cache_entries.into(),
        stale_limit: config.validation.stale_keys.get(),
        entropy: Arc::clone(&process.entropy),
    };
    let issuers = issuers.to_vec();
    let clock: Arc<dyn Clock> = Arc::<SystemClock>::clone(&process.clock);
    match previous {
        Some(previous) => Validator::new_inheriting(&previous.validator, issuers, settings, http, clock),
        None => Validator::new(issuers, settings, http, clock),
    }
}

/// What lets callers in at the upstream, and the keys that are published for it.
fn credentials(
    loaded: &Loaded,
    process: &Process,
    (server, material): (&Server, &ServerMaterial),
    http: &Arc<dyn HttpClient>,
    third_party: Option<&Arc<dyn ThirdPartyCredentials>>,
) -> Result<(Credentials, Vec<Arc<SigningKey>>), SigningKeyError> {
    let clock: Arc<dyn Clock> = Arc::<SystemClock>::clone(&process.clock);
    let means = CredentialMeans {
        issuer: loaded.config.public_url.as_str(),
        key: &process.identity_key,
        http,
        clock: &clock,
        entropy: &process.entropy,
        third_party,
    };
    adapters::credentials(server, material, means)
}

fn issuers_of(config: &Config) -> Vec<ServerIssuers> {
    let of = |it: &Server| ServerIssuers { path: it.path.to_string(), issuers: config.issuers(it) };
    config.servers.iter().map(of).collect()
}

fn bodies(config: &Config) -> BodyBounds {
    BodyBounds { most: config.limits.body_bytes.bytes(), idle: config.limits.body_idle.get() }
}

fn stream_limit(config: &Config, before: Option<&StreamLimit>) -> StreamLimit {
    let limits = &config.limits;
    StreamLimit::new(limits.streams_per_subject as usize, limits.requests_per_subject as usize, before)
}

fn acceptance(
    config: &Config,
    server: &Server,
    issuers: &Arc<Vec<IssuerPolicy>>,
) -> Result<Acceptance, BuildError> {
    let named = |error| ServerError::Audiences(server.path.to_string(), error);
    let mut policy = ResourcePolicy::new(config.audiences(server)).map_err(named)?;
    if let Some(issuers) = &server.authorization_servers {
        policy = policy.with_issuers(issuers.clone());
    }
    Ok(Acceptance {
        resource: config.resource(server),
        scopes: server.scopes.iter().cloned().collect(),
        policy,
        issuers: Arc::clone(issuers),
        leeway: config.validation.leeway.get(),
        rules: (server.rules.clone(), server.rules_default),
        dpop: server.dpop,
        ways: (server.api_keys.clone(), server.anonymous.clone(), server.loopback.clone()),
    })
}

fn server_parts(
    loaded: &Loaded,
    process: &Process,
    server: &Server,
    (upstream, (identity, credentials)): (UpstreamKind, (Identity, Credentials)),
    (validator, grants): (&Validator, Arc<dyn GrantCheck>),
    (requests, streams): (RequestLimit, StreamLimit),
    (acceptance, acceptance_ends): (Acceptance, CancellationToken),
) -> Result<ServerParts, BuildError> {
    let config = &loaded.config;
    let origins: Vec<_> = config.allowed_origins.iter().map(ToString::to_string).collect();
    Ok(ServerParts {
        resource: protected_resource(config, server)?,
        resource_policy: acceptance.policy,
        validator: validator.clone(),
        dpop: dpop(loaded, process, server),
        ways: ways(process, server)?,
        grants,
        origins: Origins::new(config.public_url.url(), &origins),
        policy: policy(server, &process.annotations),
        upstream,
        messages_path: server.messages_path(),
        identity,
        credentials,
        requests,
        streams,
        bodies: bodies(config),
        clock: Arc::<SystemClock>::clone(&process.clock),
        leeway: acceptance.leeway,
        acceptance_ends,
        listening_ends: process.listening_ends.clone(),
        answering_ends: process.answering_ends.clone(),
        oversight: Oversight {
            trail: process.audit.clone(),
            quotas: process.quotas.of(server, &process.clock),
        },
    })
}

fn ways(process: &Process, server: &Server) -> Result<Ways, KeyFileError> {
    let methods = |it: &config::Anonymous| it.methods.iter().map(ToString::to_string).collect();
    Ok(Ways {
        api_keys: server.api_keys.as_ref().map(|it| process.api_keys.ring(&it.file)).transpose()?,
        anonymous: server.anonymous.as_ref().map(|it| Anonymous::new(methods(it), scope(&it.scopes))),
        loopback: server.loopback.as_ref().map(|it| Loopback::new(scope(&it.scopes))),
    })
}

fn scope(values: &[ScopeToken]) -> Scope {
    values.iter().cloned().collect()
}

fn upstream(
    loaded: &Loaded,
    process: &Process,
    (server, material): (&Server, &ServerMaterial),
    (bridges, before): (&mut Bridges, Option<&Bridges>),
) -> Result<UpstreamKind, BuildError> {
    if let (Upstream::Stdio(stdio), Some(material)) = (&server.upstream, &material.stdio) {
        let settings = stdio_settings(server, stdio, material);
        let variable = stdio.credential_env.as_ref().zip(server.credential.as_ref());
        let variable = variable.map(|(name, section)| CredentialVariable {
            name: name.clone(),
            placement: adapters::placement(section),
        });
        return Ok(UpstreamKind::Stdio(bridges.add(settings, before, &process.entropy), variable));
    }
    let not_set_up = |error| ServerError::Upstream(server.path.to_string(), error);
    let settings = upstream_settings(server, material)?;
    let settings = settings.ok_or_else(|| ServerError::NoProgram(server.path.to_string()))?;
    let proxy = Proxy::new(settings, session_key(loaded, process)).map_err(not_set_up)?;
    Ok(UpstreamKind::Http(Box::new(proxy)))
}

fn dpop(loaded: &Loaded, process: &Process, server: &Server) -> Dpop {
    let key = loaded.material.session_key.as_ref().map(Secret::expose);
    let verifier = || {
        let clock = Arc::<SystemClock>::clone(&process.clock);
        process.dpop.verifier(key, server.dpop_nonce, clock)
    };
    match server.dpop {
        DpopMode::Off => Dpop::Off,
        DpopMode::Offered => Dpop::Offered(verifier()),
        DpopMode::Required => Dpop::Required(verifier()),
    }
}

fn identity(
    loaded: &Loaded,
    process: &Process,
    server: &Server,
    material: &ServerMaterial,
) -> Result<Identity, BuildError> {
    let plain = server.identity.headers;
    let Some(jwt) = &server.identity.jwt else { return Ok(Identity { plain, assertion: None }) };
    let key = match &material.identity_key {
        Some(key) => Arc::new(SigningKey::from_configured(key)?),
        None => Arc::clone(&process.identity_key),
    };
    let assertion = Assertion {
        issuer: loaded.config.public_url.as_str().to_owned(),
        audience: jwt.audience.to_string(),
        lifetime: jwt.lifetime.get(),
        header: jwt.header.name().clone(),
        key,
        entropy: Arc::clone(&process.entropy),
    };
    Ok(Identity { plain, assertion: Some(assertion) })
}

fn edge(loaded: &Loaded) -> Edge {
    let config = &loaded.config;
    let further: Vec<_> = config.hosts.iter().map(|it| it.as_str().to_owned()).collect();
    Edge {
        proxies: TrustedProxies::new(
            config.listen.behind_proxy.clone().unwrap_or_default(),
            config.listen.forwarded_header,
        ),
        hosts: Hosts::new(config.public_url.url(), &further),
        most_headers: config.limits.header_count as usize,
    }
}

fn session_key(loaded: &Loaded, process: &Process) -> SessionKey {
    let Some(secret) = &loaded.material.session_key else { return process.session_key.clone() };
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, secret.expose().as_bytes());
    let mut key = [0; 32];
    key.copy_from_slice(digest.as_ref());
    SessionKey::new(&key)
}
