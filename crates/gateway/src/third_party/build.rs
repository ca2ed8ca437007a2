//! The configuration as the parts of the authorization server.

mod clients;
mod enterprises;
mod providers;
mod servers;

use std::sync::Arc;

use oauth_server::{
    AuthorizeEndpoint, ClientSources, Clients, IntrospectEndpoint, MetadataDocuments, PushEndpoint,
    Registrations, RevokeEndpoint, ServerMetadata, ServerSettings, TokenEndpoint,
};
use oauth_types::{Clock, Entropy};
use session_binding::{Connections, PendingLimits};
use token_manager::{KeyRingError, ThirdPartyTokenSettings};

use super::{
    ResidentError,
    adapters::{
        ClientAssertions, Directory, DpopProofs, GrantAccess, NamedMemberships, SignInProvider, SignInTokens,
        Trust,
    },
    back_channel_logout::{self, BackChannelLogout},
    browser::{self, Browser, BrowserParts},
    endpoints::{self, Endpoints, Failures},
    state::{State, StateSettings, StorageSettings},
    to_the_end::to_the_end,
};
use crate::{
    adapters::http_to_strangers,
    config::{self, DpopMode, Loaded, LoadedThirdParty},
    own_authorization_server::OwnAuthorizationServer,
};

/// What outlives a configuration.
#[derive(Clone, Copy)]
pub(super) struct Means<'a> {
    pub(super) state: &'a State,
    pub(super) clock: &'a Arc<dyn Clock>,
    pub(super) entropy: &'a Arc<dyn Entropy>,
}

/// How the state is opened.
///
/// # Errors
/// When the cryptographic library fails.
pub(super) fn state_settings(third_party: LoadedThirdParty<'_>) -> Result<StateSettings, KeyRingError> {
    let storage = match third_party.storage() {
        config::StorageSettings::Memory => StorageSettings::Memory,
        config::StorageSettings::Shared(database) => StorageSettings::Shared(database),
        config::StorageSettings::Redb(redb) => StorageSettings::Redb(redb),
    };
    Ok(StateSettings {
        storage,
        ring: third_party.key_ring()?,
        grants: third_party.grants(),
        signing_keys: third_party.signing_keys(),
        sessions: third_party.sessions(),
        browser_sessions: third_party.browser_sessions(),
        pending: PendingLimits::default(),
        third_party_tokens: ThirdPartyTokenSettings::default(),
    })
}

/// What is in force once a configuration is, for everybody who has the state.
#[derive(Debug)]
pub(super) struct InForce {
    providers: Vec<SignInProvider>,
    named: NamedMemberships,
    trust: Trust,
    registrations: Option<Registrations>,
}

impl InForce {
    /// Puts it in the place of what was in force before.
    pub(super) fn begin(self, state: &State) {
        state.foundations.trust.replace(self.trust);
        // Whoever applies the rules in force begins with this.
        state.foundations.providers.replace(self.providers, self.named);
        state.registered.store(self.registrations.map(Arc::new));
    }
}

/// Everything that serves requests, on the state of `means`, and what is to be in force while it does.
///
/// # Errors
/// [`ResidentError`].
pub(super) async fn authorization_server(
    means: Means<'_>,
    loaded: &Loaded,
    third_party: LoadedThirdParty<'_>,
) -> Result<(OwnAuthorizationServer, InForce), ResidentError> {
    let state = means.state;
    let sign_in = providers::providers(means, loaded, third_party)?;
    let trust = enterprises::trust(third_party);
    let grants = Arc::new(state.grant_access().trusting(trust.clone()));
    let settings = Arc::new(servers::settings(&loaded.config, third_party)?);
    let (clients, registrations) = clients(means, loaded, third_party, &settings, &grants).await?;
    let named = servers::named_memberships(&loaded.config);
    let in_force = InForce { providers: sign_in.clone(), named, trust, registrations: registrations.clone() };

    let browser = Browser::new(BrowserParts {
        authorize: AuthorizeEndpoint::new(Arc::clone(&settings), clients.clone())
            .with_pushed(state.pushed.clone()),
        pending: state.pending.clone(),
        browser_sessions: state.foundations.browsers.clone(),
        foundations: state.foundations.clone(),
        connections: Connections::new(Arc::new(Directory::new(
            state.foundations.grants.clone(),
            state.foundations.sessions.clone(),
            Arc::new(clients.clone()),
        ))),
        ring: Arc::clone(&state.ring),
        providers: sign_in,
        connectable: third_party.connectable(),
        issuer: state.issuer.clone(),
        response_issuer: settings.response_issuer().is_some(),
        servers: servers::words(&loaded.config),
        body_idle: loaded.config.limits.body_idle.get(),
        clock: Arc::clone(means.clock),
    });
    let failures = Failures::new(Arc::clone(means.clock));
    let endpoints = Endpoints {
        metadata: ServerMetadata::new(&settings),
        token: token_endpoint(means, loaded, third_party, &settings, &clients, &grants)?,
        push: push_endpoint(means, third_party, &settings, &clients),
        revoke: RevokeEndpoint::new(clients.clone(), grants.clone()),
        introspect: IntrospectEndpoint::new(settings, clients, grants),
        // Clients that registered before stay known, also while no further one may come.
        registrations: registrations.filter(|_| third_party.config.registration.enabled),
        signing_keys: state.signing_keys.clone(),
        failures: failures.clone(),
        body_idle: loaded.config.limits.body_idle.get(),
    };
    let server = OwnAuthorizationServer {
        issuers: vec![state.issuer_policy()],
        grants: Arc::new(state.grant_check()),
        credentials: Some(Arc::new(sign_in_tokens(state, third_party))),
        router: to_the_end(
            endpoints::router(endpoints)
                .merge(browser::router(Arc::new(browser)))
                .merge(back_channel_logout::router(back_channel_logout(means, loaded, failures))),
            state.requests.clone(),
        ),
        hindrance: state.hindrance(),
    };
    Ok((server, in_force))
}

fn sign_in_tokens(state: &State, third_party: LoadedThirdParty<'_>) -> SignInTokens {
    SignInTokens::new(state.issuer.clone(), state.foundations.clone(), third_party.connectable())
}

fn back_channel_logout(means: Means<'_>, loaded: &Loaded, failures: Failures) -> BackChannelLogout {
    BackChannelLogout {
        foundations: means.state.foundations.clone(),
        store: Arc::clone(&means.state.store),
        clock: Arc::clone(means.clock),
        failures,
        body_idle: loaded.config.limits.body_idle.get(),
    }
}

/// The token endpoint.
fn token_endpoint(
    means: Means<'_>,
    loaded: &Loaded,
    third_party: LoadedThirdParty<'_>,
    settings: &Arc<ServerSettings>,
    clients: &Clients,
    grants: &Arc<GrantAccess>,
) -> Result<TokenEndpoint, ResidentError> {
    let enterprises = enterprises::enterprises(loaded, third_party, means.clock)?;
    let endpoint = TokenEndpoint::new(Arc::clone(settings), clients.clone(), grants.clone())
        .with_direct_grants(grants.clone())
        .with_identity_assertions(Arc::new(enterprises));
    Ok(match dpop_proofs(means, third_party) {
        Some(proofs) => endpoint.with_dpop(proofs),
        None => endpoint,
    })
}

/// The endpoint of pushed requests, which takes proofs where the token endpoint does.
fn push_endpoint(
    means: Means<'_>,
    third_party: LoadedThirdParty<'_>,
    settings: &Arc<ServerSettings>,
    clients: &Clients,
) -> PushEndpoint {
    let endpoint = PushEndpoint::new(Arc::clone(settings), clients.clone(), means.state.pushed.clone());
    match dpop_proofs(means, third_party) {
        Some(proofs) => endpoint.with_dpop(proofs),
        None => endpoint,
    }
}

/// Who checks proofs, unless they are off.
fn dpop_proofs(means: Means<'_>, third_party: LoadedThirdParty<'_>) -> Option<Arc<DpopProofs>> {
    let section = third_party.config;
    let verifier = || means.state.dpop.verifier(None, section.dpop_nonce, Arc::clone(means.clock));
    (section.dpop != DpopMode::Off).then(|| Arc::new(DpopProofs::new(verifier())))
}

async fn clients(
    means: Means<'_>,
    loaded: &Loaded,
    third_party: LoadedThirdParty<'_>,
    settings: &ServerSettings,
    grants: &Arc<GrantAccess>,
) -> Result<(Clients, Option<Registrations>), ResidentError> {
    let Means { state, clock, entropy } = means;
    let strangers = http_to_strangers(loaded)?;
    let registrations = Registrations::open(
        Arc::clone(&state.store),
        grants.clone(),
        Arc::clone(clock),
        Arc::clone(entropy),
        clients::registration_settings(third_party, settings),
    )
    .await?;
    let documents = third_party.config.client_metadata_documents.enabled.then(|| {
        let settings = clients::document_settings(loaded, third_party);
        MetadataDocuments::new(Arc::clone(&strangers), Arc::clone(clock), settings)
    });
    let clients = Clients::new(ClientSources {
        issuer: state.issuer.clone(),
        configured: clients::configured(third_party)?,
        documents,
        registrations: Some(registrations.clone()),
        store: Arc::clone(&state.store),
        assertions: Arc::new(ClientAssertions::new(strangers, Arc::clone(clock))),
        clock: Arc::clone(clock),
    });
    Ok((clients, Some(registrations)))
}
