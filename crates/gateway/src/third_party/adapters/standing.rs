//! Whether somebody who signed in before may still come in.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use oauth_client::{AccessToken, AllowRules, EndedReason, IdentityError, Provider};
use oauth_types::{Principal, UnixTime};
use session_binding::{EndCause, ThirdPartySessionId};
use token_manager::ThirdPartyAccessToken;

use super::{Foundations, NotEnded, SignInProvider, session_key};

/// What became of the question whether the person of a session may still come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// They may, as far as is known: the third party was asked not long ago, or cannot be asked.
    Good,
    /// They may not: the session and everything that rests on it has ended.
    Ended,
    /// The configuration in force does not have their provider.
    NotConfigured,
}

/// How much longer than for a refresh an answer of the third party is good enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Patience {
    /// Somebody wants tokens.
    None,
    /// Tokens are out already, and the session is in use.
    InUse,
}

/// When to ask about which session again.
#[derive(Debug, Default)]
pub(super) struct Looks(Mutex<HashMap<ThirdPartySessionId, UnixTime>>);

/// What a third party says.
enum Said {
    Permitted,
    /// The rules do not let in whom it describes.
    NotAllowed,
    /// It takes the token no more.
    Dead(EndedReason),
    /// Nothing that could be relied upon.
    Nothing,
}

impl Foundations {
    /// Looks whether the person of a live session is still permitted; ends the session and its grants if not.
    ///
    /// Built-in accounts are looked up each time. A third party is asked with `access` at most every five minutes for
    /// each session; one that gives no answer changes nothing.
    ///
    /// # Errors
    /// When the store gives no answer.
    pub(super) async fn standing(
        &self,
        id: &ThirdPartySessionId,
        access: Option<&ThirdPartyAccessToken>,
        patience: Patience,
    ) -> Result<Standing, NotEnded> {
        let in_force = self.providers.in_force();
        let Some(session) = self.sessions.find(id).await? else { return Ok(Standing::Ended) };
        let principal = &session.principal;
        let Some(found) = in_force.find(&principal.provider) else { return Ok(Standing::NotConfigured) };
        let (provider, rules) = match found {
            SignInProvider::Local { .. } if found.still_permits(principal) => return Ok(Standing::Good),
            SignInProvider::Local { .. } => return self.end_session(id, EndCause::NotAllowed).await,
            SignInProvider::ThirdParty { provider, rules, .. } => (provider, rules),
        };
        let Some(access) = access else { return Ok(Standing::Good) };
        let now = self.providers.now();
        if !in_force.looks.begin(id, now, patience) {
            return Ok(Standing::Good);
        }
        match ask(provider, rules, principal, access).await {
            Said::Permitted => Ok(Standing::Good),
            Said::NotAllowed => {
                tracing::info!(target: "audit", { %principal.provider, %principal.subject }, "no longer allowed");
                self.end_session(id, EndCause::NotAllowed).await
            }
            Said::Dead(EndedReason::Inactive) if self.can_refresh(id).await => Ok(Standing::Good),
            Said::Dead(reason) => {
                tracing::info!(provider = %principal.provider, %reason, "the third party has ended its grant");
                self.end_session(id, EndCause::Revoked).await
            }
            Said::Nothing => {
                in_force.looks.put(id, now + RETRY);
                Ok(Standing::Good)
            }
        }
    }

    /// Looks again at the person of a session in use, for whoever goes over all of them.
    ///
    /// # Errors
    /// When the store gives no answer.
    pub(crate) async fn look_again(&self, id: &ThirdPartySessionId) -> Result<(), NotEnded> {
        let access = self.tokens.access_token(&session_key(id)).await.ok();
        self.standing(id, access.as_ref(), Patience::InUse).await.map(drop)
    }

    /// Whether a refresh at the third party may bring a token that it takes; if in doubt, yes.
    async fn can_refresh(&self, id: &ThirdPartySessionId) -> bool {
        self.tokens.can_refresh(&session_key(id)).await.unwrap_or(true)
    }

    async fn end_session(&self, id: &ThirdPartySessionId, cause: EndCause) -> Result<Standing, NotEnded> {
        if let Some(session) = self.sessions.end(id, cause).await? {
            self.end_all(&session).await?;
        }
        Ok(Standing::Ended)
    }
}

async fn ask(
    provider: &Provider,
    rules: &AllowRules,
    principal: &Principal,
    access: &ThirdPartyAccessToken,
) -> Said {
    let tokens = oauth_client::ThirdPartyTokens {
        access: AccessToken::new(access.expose().to_owned()),
        refresh: None,
        expires_at: None,
        scope: None,
        id_token: None,
    };
    match tokio::time::timeout(WAIT, Box::pin(provider.identity(principal, &tokens))).await {
        Ok(Ok(identity)) if rules.permits(&identity).is_ok() => Said::Permitted,
        Ok(Ok(_)) => Said::NotAllowed,
        Ok(Err(IdentityError::Ended(reason))) => Said::Dead(reason),
        // It says it in ID tokens only, which come with a sign-in.
        Ok(Err(IdentityError::Unavailable)) => Said::Nothing,
        Ok(Err(IdentityError::Temporary(error))) => {
            tracing::warn!(provider = %provider.id(), %error, "whether a person is still allowed is not known");
            Said::Nothing
        }
        Err(_) => {
            tracing::warn!(provider = %provider.id(), "whether a person is still allowed is not known in time");
            Said::Nothing
        }
    }
}

impl Looks {
    /// The person of this session was permitted at `now`.
    pub(super) fn note(&self, id: &ThirdPartySessionId, now: UnixTime) {
        self.put(id, now + AGAIN);
    }

    /// Whether to ask now; whoever comes after need not ask too.
    fn begin(&self, id: &ThirdPartySessionId, now: UnixTime, patience: Patience) -> bool {
        let mut next = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let due = next.get(id).copied();
        if due.is_some_and(|it| now < it + patience.duration()) {
            return false;
        }
        if next.len() >= MOST {
            next.retain(|_, it| now < *it);
        }
        next.insert(*id, now + AGAIN);
        true
    }

    fn put(&self, id: &ThirdPartySessionId, at: UnixTime) {
        let mut next = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if next.len() >= 2 * MOST {
            next.clear();
        }
        next.insert(*id, at);
    }
}

impl Patience {
    const fn duration(self) -> Duration {
        match self {
            Self::None => Duration::ZERO,
            Self::InUse => IN_USE,
        }
    }
}

/// How long an answer of a third party is good for those who refresh.
const AGAIN: Duration = Duration::from_secs(5 * 60);
/// How much longer it is good for sessions in use; with the time between two walks less than a quarter of an hour.
const IN_USE: Duration = Duration::from_secs(7 * 60);
/// After how long a third party that gave no answer is asked again.
const RETRY: Duration = Duration::from_secs(60);
/// How long somebody waits for it.
const WAIT: Duration = Duration::from_secs(5);
/// Above so many sessions those are forgotten that would be asked about anyway, and above twice as many all of them.
const MOST: usize = 100_000;
