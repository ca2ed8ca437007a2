//! What a third party says of a person later than at the sign-in.

use std::time::Duration;

use oauth_client::{
    AccessToken, EndedReason, IdentityError, Known, Provider, Status, Temporary, ThirdPartyTokens,
};
use session_binding::ThirdPartySession;
use token_manager::{ThirdPartyAccessToken, ThirdPartyIdentityError, ThirdPartyTokenError};

use crate::third_party::adapters::{Foundations, remembered::Recalled, renewals::Renewal, session_key};

/// Whom to ask, and about whom.
#[derive(Clone, Copy)]
pub(super) struct Question<'a> {
    pub(super) on: &'a Foundations,
    pub(super) provider: &'a Provider,
    pub(super) session: &'a ThirdPartySession,
    /// Whether rules, of the provider or of servers, ask for more than the id of the person.
    pub(super) needs_claims: bool,
}

/// What it says in the end.
pub(super) enum Said {
    /// All that is known of the person, with what it says now.
    Heard(Box<Known>),
    /// It takes the grant no more.
    Dead(EndedReason),
    /// Nothing that could be relied upon; it may want not to be asked for a while.
    Nothing(Option<Duration>),
}

/// What it says to one token.
enum Answer {
    /// All that the rules ask for.
    All(Box<Known>),
    /// The token works, or nobody can tell; the rest is told by ID tokens only.
    Part(Box<Known>),
    Dead(EndedReason),
    Nothing(Option<Duration>),
}

impl Question<'_> {
    /// Asks with `access`; refreshes it if it is taken no more, or if a new ID token has to tell the rest.
    ///
    /// What it says is remembered.
    ///
    /// # Errors
    /// When that fails.
    pub(super) async fn ask(
        self,
        recalled: Option<Recalled>,
        access: &ThirdPartyAccessToken,
    ) -> Result<Said, ThirdPartyIdentityError> {
        let first = self.hear(recalled, access).await?;
        match first {
            Answer::All(known) => return Ok(Said::Heard(known)),
            Answer::Nothing(wait) => return Ok(Said::Nothing(wait)),
            Answer::Dead(EndedReason::Inactive) | Answer::Part(_) => {}
            Answer::Dead(reason) => return Ok(Said::Dead(reason)),
        }
        let key = session_key(&self.session.id);
        // What earlier refreshes brought is no answer to this question.
        self.on.providers.renewals.take(&self.session.id);
        let another = match (self.on.tokens.replace_refused(&key, access).await, first) {
            (Ok(another), Answer::Dead(_)) => another,
            (Ok(_), _) => return self.after_refresh().await,
            (Err(ThirdPartyTokenError::Ended(_)), _) => return Ok(Said::Dead(EndedReason::Inactive)),
            (Err(error), _) if error.is_temporary() => {
                tracing::warn!(%error, "whether a person is still allowed is not known");
                return Ok(Said::Nothing(None));
            }
            // There is nothing to refresh it with.
            (Err(_), Answer::Part(known)) => return Ok(Said::Heard(known)),
            (Err(_), _) => return Ok(Said::Dead(EndedReason::Inactive)),
        };
        match self.hear(self.recall().await?, &another).await? {
            Answer::All(known) => Ok(Said::Heard(known)),
            Answer::Part(_) => self.after_refresh().await,
            Answer::Dead(reason) => Ok(Said::Dead(reason)),
            Answer::Nothing(wait) => Ok(Said::Nothing(wait)),
        }
    }

    /// What counts after a refresh where ID tokens tell the rest: what came with it is remembered by now.
    ///
    /// A token that works says nothing of groups. Where rules ask for such things, only an ID token that was heard is an
    /// answer; a third party that has never brought one in this sign-in cannot be asked, and is taken at its last word.
    async fn after_refresh(self) -> Result<Said, ThirdPartyIdentityError> {
        let known = self.known(self.recall().await?.as_ref());
        let is_answer = match self.on.providers.renewals.take(&self.session.id) {
            Some(Renewal::Heard) => true,
            Some(Renewal::None) => !known.was_renewed(),
            Some(Renewal::NotHeard) | None => false,
        };
        if is_answer || !self.needs_claims {
            return Ok(Said::Heard(Box::new(known)));
        }
        let provider = self.provider.id();
        tracing::warn!(%provider, "a refresh brought no ID token that tells whether a person is still allowed");
        Ok(Said::Nothing(None))
    }

    /// Asks, and remembers the answer.
    ///
    /// Asks anew if others had something to remember meanwhile, which may be newer than what this answer completes: what
    /// is not remembered was not heard.
    async fn hear(
        self,
        mut recalled: Option<Recalled>,
        access: &ThirdPartyAccessToken,
    ) -> Result<Answer, ThirdPartyIdentityError> {
        for _ in 0..ATTEMPTS {
            let answer = self.hear_once(recalled.as_ref(), access).await;
            let (Answer::All(heard) | Answer::Part(heard)) = &answer else { return Ok(answer) };
            if self.on.remembered.note(self.session, recalled.as_ref(), heard).await? {
                return Ok(answer);
            }
            recalled = self.recall().await?;
        }
        tracing::warn!(provider = %self.provider.id(), "what is known of a person is changed by too many at once");
        Ok(Answer::Nothing(None))
    }

    async fn hear_once(self, recalled: Option<&Recalled>, access: &ThirdPartyAccessToken) -> Answer {
        let known = self.known(recalled);
        let answer = tokio::time::timeout(WAIT, Box::pin(self.put(&known, access))).await;
        answer.unwrap_or_else(|_| {
            tracing::warn!(provider = %self.provider.id(), "whether a person is still allowed is not known in time");
            Answer::Nothing(None)
        })
    }

    async fn put(self, known: &Known, access: &ThirdPartyAccessToken) -> Answer {
        let access = AccessToken::new(access.expose().to_owned());
        match self.provider.identity(known, &access).await {
            Ok(heard) if self.provider.has_configured_check() => {
                self.check(Box::new(heard.known), heard.complete, access).await
            }
            Ok(heard) if heard.complete => Answer::All(Box::new(heard.known)),
            Ok(heard) => Answer::Part(Box::new(heard.known)),
            Err(IdentityError::Ended(reason)) => Answer::Dead(reason),
            Err(IdentityError::Unavailable) => self.check(Box::new(known.clone()), false, access).await,
            Err(IdentityError::Temporary(error)) => self.silence(&error),
        }
    }

    /// Asks whether the token still works.
    async fn check(self, known: Box<Known>, complete: bool, access: AccessToken) -> Answer {
        let tokens =
            ThirdPartyTokens { access, refresh: None, expires_at: None, scope: None, id_token: None };
        match self.provider.status(&self.session.principal, &tokens).await {
            Ok(Status::Active) if complete || !self.needs_claims => Answer::All(known),
            Ok(Status::Unknown) if complete => Answer::All(known),
            Ok(Status::Active | Status::Unknown) => Answer::Part(known),
            Ok(Status::Ended(reason)) => Answer::Dead(reason),
            Err(error) => self.silence(&error),
        }
    }

    fn silence(self, error: &Temporary) -> Answer {
        tracing::warn!(provider = %self.provider.id(), %error, "whether a person is still allowed is not known");
        Answer::Nothing(error.retry_after())
    }

    async fn recall(self) -> Result<Option<Recalled>, ThirdPartyIdentityError> {
        self.on.remembered.recall(&self.session.id).await
    }

    /// What is known of the person: the id at least.
    pub(super) fn known(self, recalled: Option<&Recalled>) -> Known {
        recalled.map_or_else(|| Known::of(self.session.principal.clone()), |it| it.known.clone())
    }
}

/// How long somebody waits for a third party.
const WAIT: Duration = Duration::from_secs(5);
/// How often it is asked while others change what is known.
const ATTEMPTS: usize = 3;
