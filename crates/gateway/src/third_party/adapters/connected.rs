//! Accounts at further third parties, which persons have connected beside the one that they sign in with.
//!
//! Their tokens are kept under names of their own beside that of the session, sealed like those of sign-ins, refreshed
//! like them, and gone with the session. That one of them ends at its third party ends nothing else.

use std::cmp::Reverse;

use aws_lc_rs::digest;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use oauth_client::Known;
use oauth_types::{Principal, ProviderId};
use session_binding::{ThirdPartySession, ThirdPartySessionId};
use storage::StoreError;
use token_manager::{SessionKey, ThirdPartyIdentityError, ThirdPartyTokenError, TokenSet};

use super::Foundations;

/// An account that a person has connected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ConnectedAccount {
    /// Where.
    pub(crate) provider: ProviderId,
    /// What it is called there.
    pub(crate) name: Option<String>,
}

/// Why nothing is known of connected accounts, or one was not connected.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConnectError {
    /// The tokens.
    #[error(transparent)]
    Tokens(#[from] ThirdPartyTokenError),
    /// What is known of the account.
    #[error(transparent)]
    Known(#[from] ThirdPartyIdentityError),
    /// The sessions.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Foundations {
    /// Keeps the tokens of a further account for as long as the session lives; `false` if it lives no more, and then
    /// nothing is kept.
    ///
    /// # Errors
    /// [`ConnectError`].
    pub(crate) async fn connect(
        &self,
        session: &ThirdPartySessionId,
        tokens: TokenSet,
        known: &Known,
    ) -> Result<bool, ConnectError> {
        let key = connected_key(session, &tokens.provider);
        let keep_until = self.providers.now() + self.sessions.limits().absolute_timeout;
        self.remembered.keep_of(&key, known, keep_until).await?;
        self.tokens.store(&key, tokens, keep_until).await?;
        // Whoever ended the session meanwhile may have looked before there was anything to take.
        let lives = self.sessions.liveness(session).await?.is_live();
        if !lives {
            self.disconnect_key(&key).await?;
        }
        Ok(lives)
    }

    /// The accounts that a person has connected, in all live sessions.
    ///
    /// # Errors
    /// [`ConnectError`].
    pub(crate) async fn connected(&self, person: &Principal) -> Result<Vec<ConnectedAccount>, ConnectError> {
        let mut found: Vec<ConnectedAccount> = Vec::new();
        for key in self.connected_keys(person).await? {
            let Some(provider) = self.tokens.provider(&key).await? else { continue };
            if found.iter().any(|it| it.provider == provider) {
                continue;
            }
            let known = self.remembered.known_of(&key).await?.map(|it| it.identity());
            let name = known.and_then(|it| it.name.or(it.login));
            found.push(ConnectedAccount { provider, name });
        }
        Ok(found)
    }

    /// Under which name the tokens of an account are that the person of `session` has connected at `provider`: in this
    /// session, or else in the one of their other live sessions that they used last.
    ///
    /// # Errors
    /// [`ConnectError`].
    pub(crate) async fn connected_at(
        &self,
        session: &ThirdPartySession,
        provider: &ProviderId,
    ) -> Result<Option<SessionKey>, ConnectError> {
        let key = connected_key(&session.id, provider);
        if self.tokens.provider(&key).await?.is_some() {
            return Ok(Some(key));
        }
        let mut others = self.sessions.for_principal(&session.principal).await?;
        others.retain(|it| it.id != session.id && it.liveness.is_live());
        others.sort_by_key(|it| Reverse(it.last_used));
        for other in others {
            let key = connected_key(&other.id, provider);
            if self.tokens.provider(&key).await?.is_some() {
                return Ok(Some(key));
            }
        }
        Ok(None)
    }

    /// Takes a connected account away from a person, and asks its third party to revoke what it gave; whether there was
    /// one.
    ///
    /// # Errors
    /// [`ConnectError`].
    pub(crate) async fn disconnect(
        &self,
        person: &Principal,
        provider: &ProviderId,
    ) -> Result<bool, ConnectError> {
        let mut was_there = false;
        for session in self.sessions.for_principal(person).await? {
            was_there |= self.disconnect_key(&connected_key(&session.id, provider)).await?;
        }
        Ok(was_there)
    }

    /// Whether an account is connected in a session.
    ///
    /// # Errors
    /// When the store gives no answer.
    pub(crate) async fn has_connected(
        &self,
        session: &ThirdPartySessionId,
    ) -> Result<bool, ThirdPartyTokenError> {
        Ok(!self.tokens.beginning_with(prefix(session).as_bytes()).await?.is_empty())
    }

    /// Takes away whatever was connected in a session that has ended; whether nothing of it is left.
    pub(super) async fn disconnect_all(&self, session: &ThirdPartySessionId) -> bool {
        let keys = match self.tokens.beginning_with(prefix(session).as_bytes()).await {
            Ok(keys) => keys,
            Err(error) => {
                tracing::warn!(%error, "connected accounts of an ended session were not found");
                return false;
            }
        };
        let mut all = true;
        for key in keys {
            if let Err(error) = self.disconnect_key(&key).await {
                tracing::warn!(%error, "a connected account of an ended session was not taken away");
                all = false;
            }
        }
        all
    }

    async fn connected_keys(&self, person: &Principal) -> Result<Vec<SessionKey>, ConnectError> {
        let mut keys = Vec::new();
        for session in self.sessions.for_principal(person).await? {
            if session.liveness.is_live() {
                keys.extend(self.tokens.beginning_with(prefix(&session.id).as_bytes()).await?);
            }
        }
        Ok(keys)
    }

    async fn disconnect_key(&self, key: &SessionKey) -> Result<bool, ConnectError> {
        let taken = self.tokens.take(key).await;
        self.remembered.forget_of(key).await;
        let Some(tokens) = taken? else { return Ok(false) };
        self.providers.revoke(tokens).await;
        Ok(true)
    }
}

/// No name of a session has this sign, so nothing else begins like this.
fn prefix(session: &ThirdPartySessionId) -> String {
    format!("{session}+")
}

/// The id of a provider may be too long for a name, and its digest is not.
#[expect(clippy::expect_used, reason = "107 characters of a session, a sign and 20 characters are 128")]
fn connected_key(session: &ThirdPartySessionId, provider: &ProviderId) -> SessionKey {
    let digest = digest::digest(&digest::SHA256, provider.as_str().as_bytes());
    let short: String = URL_SAFE_NO_PAD.encode(digest).chars().take(20).collect();
    SessionKey::new(prefix(session) + &short).expect("it has at most 128 bytes")
}
