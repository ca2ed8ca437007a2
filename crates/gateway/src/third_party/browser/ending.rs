//! The end of grants that lost what they rested on.

use session_binding::EndedSession;

use super::Browser;

impl Browser {
    /// Ends what rests on sessions that a sign-in has ended.
    ///
    /// They are dead already; what fails here is done by the walk over the sessions later.
    pub(super) async fn end_grants_of(&self, sessions: &[EndedSession]) {
        for session in sessions {
            if let Err(error) = self.parts.foundations.end_all(session).await {
                tracing::warn!(%error, "the grants of an ended session have not all ended yet");
            }
        }
    }
}
