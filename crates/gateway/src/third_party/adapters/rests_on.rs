use oauth_client::Identity;
use oauth_server::{TokenRefusal, TokenUnavailable};
use oauth_types::{Principal, TokenErrorCode};
use session_binding::{
    BrowserSessions, EndCause as SessionCause, EndedSession, Liveness, ThirdPartySessions, UnusedSession,
};
use storage::StoreError;
use token_manager::{
    EndCause, Grants, RestsOn, RevokeSelector, ThirdPartyIdentityError, ThirdPartyTokenError,
    ThirdPartyTokens, Unavailable,
};

use super::{
    Providers, Remembered, TrustInForce, end_cause,
    providers::InForce,
    session_id, session_key,
    standing::{Access, Patience, Standing},
};

/// What grants rest on: the third-party session, the tokens that the third party gave for it, and what it said of the
/// person; and the browsers that rest on the same. For the grants of identity assertions, the trust in their issuers.
#[derive(Clone, Debug)]
pub(crate) struct Foundations {
    pub(crate) grants: Grants,
    pub(crate) sessions: ThirdPartySessions,
    pub(crate) browsers: BrowserSessions,
    pub(crate) tokens: ThirdPartyTokens,
    pub(crate) remembered: Remembered,
    pub(crate) providers: Providers,
    pub(crate) trust: TrustInForce,
}

/// Why something that rests on a session has not ended everywhere; the walk over the sessions tries again.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotEnded {
    /// Grants.
    #[error(transparent)]
    Grants(#[from] Unavailable),
    /// The session.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What is known of the person.
    #[error(transparent)]
    Remembered(#[from] ThirdPartyIdentityError),
    /// Which accounts are connected.
    #[error(transparent)]
    Connected(#[from] ThirdPartyTokenError),
}

impl Foundations {
    /// The session that a grant rests on lives, its third-party tokens can be had if it has any, and its person is
    /// still permitted as far as can be known.
    ///
    /// Answers who the person is by what was found out, if more than the id is known. Counts as use of the session. A grant whose session has ended ends here, before anybody is answered.
    ///
    /// # Errors
    /// `invalid_grant` when it has ended; [`TokenRefusal::Unavailable`] when the third party or the store gives no
    /// answer, and nothing was consumed.
    pub(super) async fn check(
        &self,
        in_force: &InForce,
        rests_on: &RestsOn,
    ) -> Result<Option<Identity>, TokenRefusal> {
        let Some(id) = session_id(&rests_on.session) else {
            return self.end_grant(rests_on, SessionCause::Unknown).await;
        };
        if let Liveness::Ended(cause) = self.sessions.touch(&id).await.map_err(unavailable)? {
            return self.end_grant(rests_on, cause).await;
        }
        let access = match self.tokens.access_token(&rests_on.session).await {
            Ok(access) => Access::Token(access),
            // The third party gave none: built-in accounts, or one that only says who somebody is. Or it gave one that
            // has ended by itself, which says nothing of the person.
            Err(ThirdPartyTokenError::Unknown | ThirdPartyTokenError::Expired) => Access::Never,
            Err(ThirdPartyTokenError::Ended(_)) => return Err(ended()),
            Err(error) => return Err(unavailable(error)),
        };
        let judged = self.standing(in_force, &id, access, Patience::None).await.map_err(unavailable)?;
        match judged.standing {
            Standing::Good => Ok(judged.identity),
            Standing::Ended => Err(ended()),
            Standing::NotKnown => Err(unavailable(NotKnown)),
            Standing::NotConfigured => Err(unavailable(NotConfigured)),
        }
    }

    async fn end_grant<T>(&self, rests_on: &RestsOn, cause: SessionCause) -> Result<T, TokenRefusal> {
        let grant = RevokeSelector::Grant(rests_on.grant);
        self.grants.revoke(&grant, end_cause(cause)).await.map_err(unavailable)?;
        Err(ended())
    }

    /// Ends everything that rests on a session which has ended: its grants first, then its third-party tokens and what is
    /// known of the person.
    ///
    /// # Errors
    /// [`NotEnded`]; the same may be done again.
    pub(crate) async fn end_all(&self, session: &EndedSession) -> Result<(), NotEnded> {
        let cause = end_cause(session.cause);
        for grant in &session.grants {
            self.grants.revoke(&RevokeSelector::Grant(*grant), cause).await?;
        }
        self.sessions.forget_grants(&session.id, &session.grants).await?;
        if self.sessions.liveness(&session.id).await?.is_live() {
            // Only grants that made room for others have ended.
            return Ok(());
        }
        self.grants.revoke(&RevokeSelector::Session(session_key(&session.id)), cause).await?;
        let nothing_left = [
            self.give_back_tokens(session).await?,
            self.disconnect_all(&session.id).await,
            self.remembered.forget(&session.id).await,
        ];
        if nothing_left.into_iter().all(|it| it) {
            self.sessions.tidied(&session.id).await?;
        }
        Ok(())
    }

    /// Takes the third-party tokens of a session that has ended, and asks the third party to revoke them; whether none
    /// are left here.
    ///
    /// A third party may end all that it gave its person when it is asked to revoke some of it (RFC 7009 section 2.1),
    /// so it is not asked for a session that was merely not used any more while another of the person is.
    async fn give_back_tokens(&self, session: &EndedSession) -> Result<bool, NotEnded> {
        let may_ask = session.cause != SessionCause::Unused
            || !self.sessions.for_principal(&session.principal).await?.iter().any(|it| it.liveness.is_live());
        let taken = self.tokens.take(&session_key(&session.id)).await;
        Ok(match taken {
            Ok(Some(tokens)) if may_ask => {
                self.providers.revoke(tokens).await;
                true
            }
            Ok(_) => true,
            Err(error) => {
                tracing::warn!(%error, "third-party tokens of an ended session were not taken");
                false
            }
        })
    }

    /// Ends a session on which no grant rests, and asks its third party to revoke what it gave.
    ///
    /// To be called when no browser is signed in with it, and no account is connected in it.
    ///
    /// # Errors
    /// [`NotEnded`]; the next walk looks again, if the session lives.
    pub(crate) async fn end_unused(&self, unused: &UnusedSession) -> Result<(), NotEnded> {
        let Some(session) = self.sessions.end_unused(unused).await? else { return Ok(()) };
        let Principal { provider, subject } = &session.principal;
        tracing::info!(
            target: "audit",
            { principal.provider = %provider, principal.subject = %subject },
            "a sign-in ended on which nothing rested any more"
        );
        self.end_all(&session).await
    }

    /// Notes at the session that one of its grants has ended, or that the third party has ended all of it.
    ///
    /// # Errors
    /// When the store gives no answer; the session then lists a grant too many, which does no harm.
    pub(crate) async fn follow(&self, event: &token_manager::GrantEnded) -> Result<(), NotEnded> {
        let Some(id) = event.session.as_ref().and_then(session_id) else { return Ok(()) };
        if matches!(event.cause, EndCause::ThirdPartyEnded | EndCause::ThirdPartyRefreshLost)
            && let Some(session) = self.sessions.end(&id, SessionCause::Revoked).await?
        {
            self.end_all(&session).await?;
        }
        Ok(self.sessions.forget_grants(&id, &[event.grant]).await?)
    }
}

/// A provider that left the configuration by mistake may come back, so nothing ends.
#[derive(Debug, thiserror::Error)]
#[error("the provider of the person is not configured")]
struct NotConfigured;

/// A third party that is down may be up again, so nothing ends.
#[derive(Debug, thiserror::Error)]
#[error("whether the person is still allowed has not been known for too long")]
struct NotKnown;

fn ended() -> TokenRefusal {
    TokenRefusal::Refused {
        code: TokenErrorCode::InvalidGrant,
        description: "the grant has ended: sign in again",
    }
}

pub(super) fn unavailable(error: impl std::error::Error + Send + Sync + 'static) -> TokenRefusal {
    TokenRefusal::Unavailable(TokenUnavailable(Box::new(error)))
}
