//! Whether somebody who signed in before may still come in.

mod looks;
mod question;

use std::time::Duration;

use oauth_client::{AllowRules, Identity, Known};
use oauth_types::UnixTime;
use session_binding::{EndCause, ThirdPartySession, ThirdPartySessionId};
use token_manager::{ThirdPartyAccessToken, ThirdPartyTokenError};

pub(super) use self::looks::Looks;
use self::question::{Question, Said};
use super::{Foundations, NotEnded, SignInProvider, providers::InForce, session_key};

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

/// How it stands with somebody, and who that is by what was just found out.
#[derive(Debug)]
pub(super) struct Judged {
    pub(super) standing: Standing,
    pub(super) identity: Option<Identity>,
}

/// How much longer than for a refresh an answer of the third party is good enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Patience {
    /// Somebody wants tokens.
    None,
    /// Tokens are out already, and the session is in use.
    InUse,
}

/// With what a third party can be asked about a person.
#[derive(Clone, Debug)]
pub(super) enum Access {
    Token(ThirdPartyAccessToken),
    /// Nothing, for good: it gave none, or one that has expired and cannot be refreshed.
    Never,
    /// Nothing for now: it does not refresh its token.
    NotNow,
}

impl Foundations {
    /// Looks whether the person of a live session is still permitted; ends the session and its grants if not.
    ///
    /// The rules in force are applied each time: to the built-in account, or to what the third party has said of the
    /// person. It is asked again at most every five minutes for each session, less often while it gives no answer; it is
    /// then believed for an hour after its last one.
    ///
    /// May be dropped at any time: whoever comes next asks again.
    ///
    /// # Errors
    /// When the store gives no answer.
    pub(super) async fn standing(
        &self,
        in_force: &InForce,
        id: &ThirdPartySessionId,
        access: Access,
        patience: Patience,
    ) -> Result<Judged, NotEnded> {
        // An answer is as old as the question, however long it takes.
        let asked = self.providers.now();
        let Some(session) = self.sessions.find(id).await? else { return Ok(Standing::Ended.into()) };
        let principal = &session.principal;
        let Some(found) = in_force.find(&principal.provider) else {
            return Ok(Standing::NotConfigured.into());
        };
        let (provider, rules) = match found {
            SignInProvider::Local { accounts, .. } => {
                let account = accounts.find(principal).filter(|it| found.permit(it.clone()).is_ok());
                return match account {
                    Some(identity) if self.is_of_an_account(id).await? => Ok(Judged::good(identity)),
                    Some(_) | None => self.end_session(&session, EndCause::NotAllowed).await,
                };
            }
            SignInProvider::ThirdParty { provider, rules, .. } => (provider, rules),
        };
        let turn = in_force.looks.turn(id);
        // Whoever comes while somebody asks gets no token before there is an answer.
        let _turn = turn.lock().await;
        let recalled = self.remembered.recall(id).await?;
        if recalled.is_none() && matches!(access, Access::Never) {
            if patience == Patience::InUse && asked.saturating_since(session.signed_in) < A_MOMENT {
                // They are signing in, here or at another gateway: what the third party said is not kept yet.
                return Ok(Standing::NotKnown.into());
            }
            // An account that had the id before may have the same name as somebody there.
            return self.end_session(&session, EndCause::NotAllowed).await;
        }
        let shut_out = recalled.as_ref().is_some_and(|it| !permits(rules, &it.known));
        let needs_claims = provider.lookups() != oauth_client::Lookups::default();
        let question = Question { on: self, provider, session: &session, needs_claims };
        let known = in_force.looks.known(&session, self.providers.now(), patience);
        if let Some(standing) = known.filter(|_| !shut_out) {
            return Ok(Judged { standing, identity: Some(question.known(recalled.as_ref()).identity()) });
        }
        let said = match access {
            Access::Token(access) => question.ask(recalled, &access).await?,
            Access::Never => {
                let known = question.known(recalled.as_ref());
                if permits(rules, &known) {
                    return Ok(Judged::good(known.identity()));
                }
                return self.end_session(&session, EndCause::NotAllowed).await;
            }
            Access::NotNow => Said::Nothing(None),
        };
        self.conclude(&in_force.looks, question, rules, said, asked).await
    }

    /// What an answer makes of a session.
    async fn conclude(
        &self,
        looks: &Looks,
        question: Question<'_>,
        rules: &AllowRules,
        said: Said,
        asked: UnixTime,
    ) -> Result<Judged, NotEnded> {
        let session = question.session;
        match said {
            Said::Heard(known) if permits(rules, &known) => {
                looks.note(&session.id, asked);
                Ok(Judged::good(known.identity()))
            }
            Said::Heard(_) => self.end_session(session, EndCause::NotAllowed).await,
            Said::Dead(reason) => {
                tracing::info!(provider = %session.principal.provider, %reason, "the third party has ended its grant");
                self.end_session(session, EndCause::Revoked).await
            }
            Said::Nothing(wait) => {
                let standing = looks.note_silence(session, self.providers.now(), wait);
                // A part may have been heard.
                let recalled = self.remembered.recall(&session.id).await?;
                match recalled {
                    // The rules are ours: nobody has to be asked to apply them to what is known.
                    Some(it) if !permits(rules, &it.known) && it.known.tells(rules.lookups()) => {
                        self.end_session(session, EndCause::NotAllowed).await
                    }
                    Some(it) if !permits(rules, &it.known) => Ok(Standing::NotKnown.into()),
                    recalled => {
                        let identity = Some(question.known(recalled.as_ref()).identity());
                        Ok(Judged { standing, identity })
                    }
                }
            }
        }
    }

    /// Looks again at the person of a session in use, for whoever goes over all of them.
    ///
    /// # Errors
    /// When the store gives no answer.
    pub(crate) async fn look_again(&self, id: &ThirdPartySessionId) -> Result<(), NotEnded> {
        self.look(id, Patience::InUse).await
    }

    /// Applies the rules in force to the person of a live session, for whoever goes over all of them after a change.
    ///
    /// Whom they let in by what is known is not asked about for that; about the others the third party may know better.
    ///
    /// # Errors
    /// When the store gives no answer.
    pub(crate) async fn apply_rules(&self, id: &ThirdPartySessionId) -> Result<(), NotEnded> {
        let in_force = self.providers.in_force();
        let Some(session) = self.sessions.find(id).await? else { return Ok(()) };
        match in_force.find(&session.principal.provider) {
            Some(found) if !self.may_come_in(found, &session.principal, id).await? => {
                self.look(id, Patience::None).await
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Whether `provider` lets the person of a session in by what is known, without asking anybody.
    ///
    /// # Errors
    /// When the store gives no answer.
    pub(crate) async fn may_come_in(
        &self,
        provider: &SignInProvider,
        principal: &oauth_types::Principal,
        id: &ThirdPartySessionId,
    ) -> Result<bool, NotEnded> {
        if provider.is_local() {
            return Ok(provider.still_permits(principal, None) && self.is_of_an_account(id).await?);
        }
        let recalled = self.remembered.recall(id).await?;
        Ok(provider.still_permits(principal, recalled.as_ref().map(|it| &it.known)))
    }

    /// Whether a session was made with a built-in account: a third party leaves its tokens, or what it said of the person.
    ///
    /// The id of one may be given to the other, which may know somebody else by the same name.
    async fn is_of_an_account(&self, id: &ThirdPartySessionId) -> Result<bool, NotEnded> {
        Ok(!self.remembered.has(id).await? && self.tokens.provider(&session_key(id)).await?.is_none())
    }

    async fn look(&self, id: &ThirdPartySessionId, patience: Patience) -> Result<(), NotEnded> {
        let access = match self.tokens.access_token(&session_key(id)).await {
            Ok(access) => Access::Token(access),
            Err(ThirdPartyTokenError::Unknown | ThirdPartyTokenError::Expired) => Access::Never,
            // Its grants have ended, and the session is told.
            Err(ThirdPartyTokenError::Ended(_)) => return Ok(()),
            Err(error) => {
                tracing::warn!(%error, "there is nothing to ask with whether a person is still allowed");
                Access::NotNow
            }
        };
        self.standing(&self.providers.in_force(), id, access, patience).await.map(drop)
    }

    async fn end_session(&self, session: &ThirdPartySession, cause: EndCause) -> Result<Judged, NotEnded> {
        if cause == EndCause::NotAllowed {
            let principal = &session.principal;
            tracing::info!(target: "audit", { %principal.provider, %principal.subject }, "no longer allowed");
        }
        if let Some(ended) = self.sessions.end(&session.id, cause).await? {
            self.end_all(&ended).await?;
        }
        Ok(Standing::Ended.into())
    }
}

impl Judged {
    const fn good(identity: Identity) -> Self {
        Self { standing: Standing::Good, identity: Some(identity) }
    }
}

impl From<Standing> for Judged {
    fn from(standing: Standing) -> Self {
        Self { standing, identity: None }
    }
}

fn permits(rules: &AllowRules, known: &Known) -> bool {
    rules.permits(&known.identity()).is_ok()
}

/// Longer than it takes to keep what a third party has said at a sign-in.
const A_MOMENT: Duration = Duration::from_secs(60);
