//! The end of grants that lost what they rested on.

use oauth_types::GrantId;
use session_binding::{EndedSession, ThirdPartySessionId};
use token_manager::{EndCause, RevokeSelector};

use super::{Browser, tokens::session_key};

impl Browser {
    /// Ends what rests on sessions that a sign-in has ended.
    ///
    /// They are dead already; what fails here is done by the walk over the sessions later.
    pub(super) async fn end_grants_of(&self, sessions: &[EndedSession]) {
        for session in sessions {
            self.end_grants(&session.id, &session.grants, cause_of(session.cause)).await;
            if let Ok(key) = session_key(&session.id)
                && let Err(error) = self.parts.tokens.take(&key).await
            {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "tokens of an ended session are left"
                );
            }
        }
    }

    /// Ends grants that rested on a session.
    pub(super) async fn end_grants(
        &self,
        session: &ThirdPartySessionId,
        grants: &[GrantId],
        cause: EndCause,
    ) {
        for grant in grants {
            if let Err(error) = self.parts.grants.revoke(&RevokeSelector::Grant(*grant), cause).await {
                tracing::warn!(grant.id = %grant, error = &error as &dyn std::error::Error, "a grant has not ended yet");
                return;
            }
        }
        if let Err(error) = self.parts.third_party_sessions.forget_grants(session, grants).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "ended grants are not forgotten yet");
        }
    }
}

fn cause_of(cause: session_binding::EndCause) -> EndCause {
    use session_binding::EndCause as Session;
    match cause {
        Session::Idle | Session::Expired | Session::Superseded | Session::Unknown => {
            EndCause::ThirdPartyTimeout
        }
        Session::TooMany => EndCause::TooMany,
        Session::SignedOut => EndCause::SignedOut,
        Session::Revoked => EndCause::ThirdPartyEnded,
        Session::BackChannelLogout => EndCause::ThirdPartyLogout,
        Session::NotAllowed => EndCause::NotAllowed,
        Session::Administrator => EndCause::OperatorRevoked,
    }
}
