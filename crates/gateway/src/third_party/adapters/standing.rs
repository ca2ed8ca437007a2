//! Whether somebody who signed in before may still come in.

mod looks;

use std::time::Duration;

use oauth_client::{AccessToken, AllowRules, EndedReason, IdentityError, Provider};
use oauth_types::Principal;
use session_binding::{EndCause, ThirdPartySessionId};
use token_manager::ThirdPartyAccessToken;

pub(super) use self::looks::Looks;
use super::{Foundations, NotEnded, SignInProvider, session_key};

/// What became of the question whether the person of a session may still come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// They may, as far as is known: the third party was asked not long ago, or cannot be asked.
    Good,
    /// They may not: the session and everything that rests on it has ended.
    Ended,
    /// Nobody knows: the third party has given no answer for too long.
    NotKnown,
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

/// What a third party says.
enum Said {
    Permitted,
    /// The rules do not let in whom it describes.
    NotAllowed,
    /// It takes the token no more.
    Dead(EndedReason),
    /// It is none that tells of a person later than at the sign-in, or not all that the rules ask for.
    Untold,
    /// Nothing that could be relied upon; perhaps when to come back.
    Nothing(Option<Duration>),
}

/// Whom to ask, and about whom.
#[derive(Clone, Copy)]
struct Question<'a> {
    provider: &'a Provider,
    rules: &'a AllowRules,
    principal: &'a Principal,
}

impl Foundations {
    /// Looks whether the person of a live session is still permitted; ends the session and its grants if not.
    ///
    /// Built-in accounts are looked up each time. A third party is asked with `access` at most every five minutes for
    /// each session, less often while it gives no answer; it is then believed for an hour after its last one, and ends
    /// nothing.
    ///
    /// May be dropped at any time: whoever comes next asks again.
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
        let turn = in_force.looks.turn(id);
        // Whoever comes while somebody asks gets no token before there is an answer.
        let _turn = turn.lock().await;
        let now = self.providers.now();
        if let Some(known) = in_force.looks.known(&session, now, patience) {
            return Ok(known);
        }
        match self.ask(id, Question { provider, rules, principal }, access).await {
            Said::Permitted => in_force.looks.note(id, now),
            Said::Untold => in_force.looks.note_untold(id, now),
            Said::Nothing(wait) => return Ok(in_force.looks.note_silence(&session, now, wait)),
            Said::NotAllowed => {
                tracing::info!(target: "audit", { %principal.provider, %principal.subject }, "no longer allowed");
                return self.end_session(id, EndCause::NotAllowed).await;
            }
            Said::Dead(reason) => {
                tracing::info!(provider = %principal.provider, %reason, "the third party has ended its grant");
                return self.end_session(id, EndCause::Revoked).await;
            }
        }
        Ok(Standing::Good)
    }

    /// Looks again at the person of a session in use, for whoever goes over all of them.
    ///
    /// # Errors
    /// When the store gives no answer.
    pub(crate) async fn look_again(&self, id: &ThirdPartySessionId) -> Result<(), NotEnded> {
        let access = self.tokens.access_token(&session_key(id)).await.ok();
        self.standing(id, access.as_ref(), Patience::InUse).await.map(drop)
    }

    /// Asks with `access`, and with another token if the third party takes that one no more.
    async fn ask(
        &self,
        id: &ThirdPartySessionId,
        question: Question<'_>,
        access: &ThirdPartyAccessToken,
    ) -> Said {
        let inactive = match question.ask(access).await {
            Said::Dead(reason @ EndedReason::Inactive) => Said::Dead(reason),
            said => return said,
        };
        match self.tokens.replace_refused(&session_key(id), access).await {
            Ok(another) => question.ask(&another).await,
            Err(error) if error.is_temporary() => {
                tracing::warn!(%error, "whether the third party has ended its grant is not known");
                Said::Nothing(None)
            }
            // There is nothing to refresh it with, or the third party does not take that either.
            Err(_) => inactive,
        }
    }

    async fn end_session(&self, id: &ThirdPartySessionId, cause: EndCause) -> Result<Standing, NotEnded> {
        if let Some(session) = self.sessions.end(id, cause).await? {
            self.end_all(&session).await?;
        }
        Ok(Standing::Ended)
    }
}

impl Question<'_> {
    async fn ask(self, access: &ThirdPartyAccessToken) -> Said {
        let Self { provider, rules, principal } = self;
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
            Ok(Err(IdentityError::Unavailable)) => Said::Untold,
            Ok(Err(IdentityError::Temporary(error))) => {
                tracing::warn!(provider = %provider.id(), %error, "whether a person is still allowed is not known");
                Said::Nothing(error.retry_after())
            }
            Err(_) => {
                tracing::warn!(provider = %provider.id(), "whether a person is still allowed is not known in time");
                Said::Nothing(None)
            }
        }
    }
}

/// How long somebody waits for a third party.
const WAIT: Duration = Duration::from_secs(5);
