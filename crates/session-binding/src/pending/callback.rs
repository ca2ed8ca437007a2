use std::str::FromStr;

use oauth_types::ProviderId;
use storage::StoreError;

use super::{
    BrowserBinding, Pending, PendingAuthorizations, StepError,
    stage::{AwaitingCallback, CalledBack, Consented, Transaction},
};
use crate::random::{digest_of, same};

oauth_types::secret! {
    /// The `state` of our own request to a third party: 22 to 512 printable characters, at least 128 random bits.
    pub struct ThirdPartyState;
}

/// A text that cannot be a `state` of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be 22 to 512 printable characters")]
pub struct InvalidThirdPartyState;

impl FromStr for ThirdPartyState {
    type Err = InvalidThirdPartyState;

    fn from_str(text: &str) -> Result<Self, InvalidThirdPartyState> {
        if (22..=512).contains(&text.len()) && text.bytes().all(|it| it.is_ascii_graphic()) {
            return Ok(Self::new(text.to_owned()));
        }
        Err(InvalidThirdPartyState)
    }
}

impl ThirdPartyState {
    pub(super) fn digest(&self) -> [u8; 32] {
        digest_of(STATE, self.expose())
    }
}

/// Why a callback is refused; nothing was changed, and no code may be exchanged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallbackError {
    /// No transaction of this browser awaits that `state`: it is unknown, used, too old, or another browser's.
    #[error("no transaction of this browser awaits that state")]
    UnknownState,
    /// The `state` was sent to another third party (mix-up, RFC 9700 section 4.4).
    #[error("the state was sent to another third party")]
    OtherProvider,
    /// Another callback with the same `state` was faster.
    #[error("the state is used up")]
    Used,
    /// The store gave no answer.
    #[error("the store of transactions failed")]
    Storage(#[from] StoreError),
}

impl PendingAuthorizations {
    /// Notes that the person is sent to the third party with `state`; only now does that `state` exist.
    ///
    /// `sealed` holds what the exchange will need (verifier, nonce), sealed by the caller for
    /// [`Transaction::seal_context`].
    ///
    /// # Errors
    /// See [`StepError`].
    pub async fn send_away(
        &self,
        transaction: Transaction<Consented>,
        state: &ThirdPartyState,
        sealed: Vec<u8>,
    ) -> Result<Transaction<AwaitingCallback>, StepError> {
        let consent = transaction.stage.clone();
        let next = AwaitingCallback { consent, state: state.digest(), sealed };
        self.advance(transaction, next).await
    }

    /// The third party `provider` sent the person back with `state`, which is used up with this call.
    ///
    /// `bindings` are those of the browser's cookies ([`CookieNames::find_bindings`](crate::CookieNames::find_bindings)).
    /// Answers the sealed secrets too, which are gone from the store.
    /// Of several simultaneous callbacks one succeeds.
    ///
    /// # Errors
    /// See [`CallbackError`].
    pub async fn called_back(
        &self,
        bindings: &[BrowserBinding],
        state: &ThirdPartyState,
        provider: &ProviderId,
    ) -> Result<(Transaction<CalledBack>, Vec<u8>), CallbackError> {
        let transaction = self.awaiting(bindings, state).await?;
        let AwaitingCallback { consent, state, sealed } = transaction.stage.clone();
        if consent.provider != *provider {
            return Err(CallbackError::OtherProvider);
        }
        match self.advance(transaction, CalledBack { consent, state }).await {
            Ok(transaction) => Ok((transaction, sealed)),
            Err(StepError::Storage(error)) => Err(error.into()),
            Err(_) => Err(CallbackError::Used),
        }
    }

    async fn awaiting(
        &self,
        bindings: &[BrowserBinding],
        state: &ThirdPartyState,
    ) -> Result<Transaction<AwaitingCallback>, CallbackError> {
        let digest = state.digest();
        for binding in bindings {
            match self.load(&binding.id(), binding).await {
                Ok(Pending::AwaitingCallback(it)) if same(&it.stage.state, &digest) => return Ok(it),
                Ok(Pending::CalledBack(it)) if same(&it.stage.state, &digest) => {
                    return Err(CallbackError::Used);
                }
                Err(StepError::Storage(error)) => return Err(error.into()),
                _ => {}
            }
        }
        Err(CallbackError::UnknownState)
    }
}

const STATE: &str = "third-party state";
