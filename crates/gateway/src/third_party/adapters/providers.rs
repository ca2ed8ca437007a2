use std::{collections::HashMap, fmt, sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use async_trait::async_trait;
use oauth_client::{IdentityError, Known, Provider, RefreshError, RefreshToken};
use oauth_types::{Clock, ProviderId, Scope, UnixTime};
use session_binding::ThirdPartySessionId;
use token_manager::{
    RefreshFailure, RefreshedTokens, Refresher, SessionKey, ThirdPartyAccessToken, ThirdPartyIdentityError,
    ThirdPartyRefreshToken, TokenSet,
};
use tokio::sync::Notify;

use super::{
    NamedMemberships, Remembered, SignInProvider,
    renewals::{Renewal, Renewals},
    session_id,
    standing::Looks,
};

/// The ways to sign in of the configuration in force.
///
/// Clones share them, so a reload replaces them for everybody who has one.
#[derive(Clone)]
pub(crate) struct Providers {
    in_force: Arc<ArcSwap<InForce>>,
    replaced: Arc<Notify>,
    remembered: Remembered,
    /// What refreshes bring beside the tokens.
    pub(super) renewals: Renewals,
    clock: Arc<dyn Clock>,
}

/// What one configuration says, and who was found permitted by it.
#[derive(Debug, Default)]
pub(super) struct InForce {
    by_id: HashMap<ProviderId, SignInProvider>,
    /// What tokens say of the people of these.
    pub(super) named: NamedMemberships,
    pub(super) looks: Looks,
}

impl InForce {
    pub(super) fn find(&self, id: &ProviderId) -> Option<&SignInProvider> {
        self.by_id.get(id)
    }
}

impl Providers {
    /// None yet; what ID tokens of refreshes say is `remembered`.
    pub(crate) fn new(clock: Arc<dyn Clock>, remembered: Remembered) -> Self {
        Self {
            in_force: Arc::default(),
            replaced: Arc::default(),
            remembered,
            renewals: Renewals::default(),
            clock,
        }
    }

    /// Puts `providers` in the place of those before, and what rules have `named` of their people; whom those permitted is
    /// looked at again.
    pub(crate) fn replace(
        &self,
        providers: impl IntoIterator<Item = SignInProvider>,
        named: NamedMemberships,
    ) {
        let by_id = providers.into_iter().map(|it| (it.id().clone(), it)).collect();
        let looks = self.in_force.load().looks.for_other_rules();
        self.in_force.store(Arc::new(InForce { by_id, named, looks }));
        self.replaced.notify_one();
    }

    /// Waits until others are in force than when this was last answered; for the one who then applies their rules.
    pub(crate) async fn replaced(&self) {
        self.replaced.notified().await;
    }

    pub(crate) fn now(&self) -> UnixTime {
        self.clock.now()
    }

    pub(super) fn in_force(&self) -> Arc<InForce> {
        self.in_force.load_full()
    }

    /// Notes that the person of a session was permitted just now.
    pub(crate) fn note_permitted(&self, session: &ThirdPartySessionId) {
        self.in_force.load().looks.note(session, self.clock.now());
    }

    /// The third party of this id.
    pub(crate) fn find(&self, id: &ProviderId) -> Option<Arc<Provider>> {
        match self.in_force.load().find(id)? {
            SignInProvider::ThirdParty { provider, .. } => Some(Arc::clone(provider)),
            SignInProvider::Local { .. } => None,
        }
    }

    /// Revokes tokens that nobody needs any more at the third party that gave them.
    ///
    /// A third party that does not answer keeps them until they expire by themselves: nobody here has them any more.
    pub(crate) async fn revoke(&self, tokens: TokenSet) {
        let Some(provider) = self.find(&tokens.provider) else { return };
        let given = oauth_client::ThirdPartyTokens {
            access: oauth_client::AccessToken::new(tokens.access_token.expose().to_owned()),
            refresh: tokens.refresh_token.map(|it| RefreshToken::new(it.expose().to_owned())),
            expires_at: tokens.expires_at,
            scope: None,
            id_token: None,
        };
        if let Err(error) = provider.revoke(&given).await {
            tracing::warn!(provider = %provider.id(), error = %error.0, "third-party tokens were not revoked");
        }
    }
}

#[async_trait]
impl Refresher for Providers {
    async fn refresh(
        &self,
        provider: &ProviderId,
        session: &SessionKey,
        refresh_token: &ThirdPartyRefreshToken,
    ) -> Result<RefreshedTokens, RefreshFailure> {
        let Some(found) = self.find(provider) else {
            // A provider that left the configuration by mistake may come back.
            tracing::warn!(%provider, "third-party tokens of a provider that is not configured are not refreshed");
            return Err(RefreshFailure::Temporary { retry_after: None });
        };
        let presented = RefreshToken::new(refresh_token.expose().to_owned());
        match found.refresh(&presented).await {
            Ok(tokens) => self.hear(&found, session, tokens).await,
            Err(RefreshError::Ended(reason)) => {
                tracing::info!(%provider, %reason, "the third party has ended its grant");
                Err(RefreshFailure::Ended)
            }
            Err(RefreshError::Temporary(error)) => {
                tracing::debug!(%provider, %error, "third-party tokens were not refreshed");
                Err(RefreshFailure::Temporary { retry_after: error.retry_after() })
            }
        }
    }
}

/// Why the ID token of a refresh is not remembered.
#[derive(Debug, thiserror::Error)]
enum NotHeard {
    /// The third party.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The store.
    #[error(transparent)]
    Store(#[from] ThirdPartyIdentityError),
    /// Others had something to remember each time.
    #[error("what is known of a person is changed by too many at once")]
    Contended,
}

impl Providers {
    /// Remembers what the ID token says that came with `tokens`, if one came.
    ///
    /// The tokens wait for it, but not for long: whoever has them only here could lose them.
    async fn hear(
        &self,
        provider: &Provider,
        session: &SessionKey,
        tokens: oauth_client::ThirdPartyTokens,
    ) -> Result<RefreshedTokens, RefreshFailure> {
        let renewal = if tokens.id_token.is_none() {
            Renewal::None
        } else {
            match tokio::time::timeout(WAIT, Box::pin(self.remember(provider, session, &tokens))).await {
                Ok(Ok(renewal)) => renewal,
                Ok(Err(NotHeard::Identity(IdentityError::Ended(reason)))) => {
                    tracing::warn!(provider = %provider.id(), %reason, "a refresh brought the ID token of another sign-in");
                    return Err(RefreshFailure::Ended);
                }
                Ok(Err(error)) => {
                    tracing::warn!(provider = %provider.id(), %error, "the ID token of a refresh was not heard");
                    Renewal::NotHeard
                }
                Err(_) => {
                    tracing::warn!(provider = %provider.id(), "the ID token of a refresh was not heard in time");
                    Renewal::NotHeard
                }
            }
        };
        if let Some(id) = session_id(session) {
            self.renewals.note(id, renewal);
        }
        Ok(self.refreshed(tokens))
    }

    async fn remember(
        &self,
        provider: &Provider,
        session: &SessionKey,
        tokens: &oauth_client::ThirdPartyTokens,
    ) -> Result<Renewal, NotHeard> {
        let Some(id) = session_id(session) else { return Ok(Renewal::NotHeard) };
        let Some(session) = self.remembered.session(&id).await? else { return Ok(Renewal::NotHeard) };
        for _ in 0..ATTEMPTS {
            let recalled = self.remembered.recall(&id).await?;
            let nothing = || Known::of(session.principal.clone());
            let known = recalled.as_ref().map_or_else(nothing, |it| it.known.clone());
            let Some(heard) = provider.refreshed_identity(&known, tokens).await? else {
                return Ok(Renewal::NotHeard);
            };
            if self.remembered.note(&session, recalled.as_ref(), &heard).await? {
                return Ok(Renewal::Heard);
            }
        }
        Err(NotHeard::Contended)
    }

    fn refreshed(&self, tokens: oauth_client::ThirdPartyTokens) -> RefreshedTokens {
        let now = self.clock.now();
        RefreshedTokens {
            access_token: ThirdPartyAccessToken::new(tokens.access.expose().to_owned()),
            refresh_token: tokens.refresh.map(|it| ThirdPartyRefreshToken::new(it.expose().to_owned())),
            expires_in: tokens.expires_at.map(|it| it.saturating_since(now)),
            scope: tokens.scope.and_then(|it| scope(&it)),
        }
    }
}

impl fmt::Debug for Providers {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let in_force = self.in_force.load();
        formatter.debug_set().entries(in_force.by_id.keys().map(ProviderId::as_str)).finish()
    }
}

/// A third party's scopes as one value; none if any of them has characters that no scope may have.
fn scope(names: &[String]) -> Option<Scope> {
    names.join(" ").parse().ok()
}

/// How long refreshed tokens wait for the keys of their ID token.
const WAIT: Duration = Duration::from_secs(5);
/// How often what an ID token says is noted while others note something.
const ATTEMPTS: usize = 3;
