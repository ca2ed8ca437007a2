//! The way to where the person signs in.

use axum::response::Response;
use oauth_client::{Provider, StateSecrets};
use oauth_types::AuthorizeErrorCode;
use session_binding::{CalledBack, Consented, ThirdPartyState, Transaction};
use storage::{InvalidKey, Key, Table};
use token_manager::SealContext;

use super::{
    Browser, SIGN_IN, SignInProvider,
    answer::{Stop, see_other, see_page},
};
use crate::third_party::pages::Problem;

impl Browser {
    /// Sends the person, who has approved, to sign in.
    pub(super) async fn send_away(
        &self,
        approved: Transaction<Consented>,
        provider: &SignInProvider,
    ) -> Result<Response, Stop> {
        match provider {
            SignInProvider::Local { .. } => see_page(SIGN_IN, approved.id()),
            SignInProvider::ThirdParty { provider, .. } => self.send_to(approved, provider).await,
        }
    }

    async fn send_to(&self, approved: Transaction<Consented>, provider: &Provider) -> Result<Response, Stop> {
        let begun = provider.begin(&self.callback(provider.id())).await.map_err(|error| {
            tracing::warn!(provider = %provider.id(), error = &error as &dyn std::error::Error, "no sign-in begins");
            let back = self.back_to_client(
                approved.purpose(),
                AuthorizeErrorCode::TemporarilyUnavailable,
                "the third party cannot be used at the moment",
            );
            Stop::from(Problem::ThirdPartyUnavailable).with_back(back)
        })?;
        let state = begun.secrets.state().expose().parse().map_err(|error| Stop::unavailable(&error))?;
        let sealed = self.seal(&approved, &state, &begun.secrets)?;
        self.parts.pending.send_away(approved, &state, sealed).await?;
        see_other(begun.authorize_url.as_str())
    }

    fn seal(
        &self,
        approved: &Transaction<Consented>,
        state: &ThirdPartyState,
        secrets: &StateSecrets,
    ) -> Result<Vec<u8>, Stop> {
        let key = place(&approved.seal_context(state)).map_err(|error| Stop::unavailable(&error))?;
        let sealed = self.parts.ring.seal(SealContext::of_record(SECRETS, &key), &secrets.to_bytes());
        sealed.map_err(|error| Stop::unavailable(&error))
    }

    /// What [`Browser::seal`] had sealed for this transaction and its present `state`.
    pub(super) fn unseal(&self, back: &Transaction<CalledBack>, sealed: &[u8]) -> Result<StateSecrets, Stop> {
        let key = place(&back.seal_context()).map_err(|error| Stop::unavailable(&error))?;
        let opened = self.parts.ring.open(SealContext::of_record(SECRETS, &key), SECRETS.format(), sealed);
        let opened = opened.map_err(|error| Stop::unavailable(&error))?;
        StateSecrets::from_bytes(&opened.plaintext).map_err(|error| Stop::unavailable(&error))
    }
}

fn place(context: &[u8]) -> Result<Key, InvalidKey> {
    Key::new(context)
}

/// No table of its own: the sealed text is in the record of the transaction. The key names the place of that and the
/// `state`, of which there is another one each time that the person is sent away.
const SECRETS: Table = Table::new("third_party_state", 1);
