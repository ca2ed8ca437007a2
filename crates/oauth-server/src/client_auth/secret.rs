use oauth_types::ClientId;

use super::{ClientAuthError, ClientAuthRefusal, credentials::ClientSecret};
use crate::{
    Clients, SecretDigest,
    clients::{Budget, Rate},
};

/// Counts the wrong secrets of each client.
#[derive(Debug)]
pub(crate) struct FailedAttempts(Budget<ClientId>);

impl Default for FailedAttempts {
    fn default() -> Self {
        Self(Budget::new(RATE, MAX_CLIENTS))
    }
}

impl Clients {
    /// The right secret is always accepted: anybody can name a client, and must not lock it out by wrong ones.
    ///
    /// Beyond the budget a wrong one is answered with 429, which slows down a client that was set up wrongly.
    /// Guessing is hopeless by the secret itself, which has 256 bits where we make it, and by the operator's choice
    /// where it is configured.
    pub(super) fn check_secret(
        &self,
        id: &ClientId,
        digest: &SecretDigest,
        readings: &[ClientSecret],
        uses_basic: bool,
    ) -> Result<(), ClientAuthError> {
        // Every reading is compared, so that the time does not tell which one was right.
        let right = readings.iter().fold(false, |right, it| digest.is_of(it.expose()) | right);
        if right {
            return Ok(());
        }
        let too_many = |retry_after| ClientAuthError::TooManyAttempts { retry_after };
        self.inner.failed.0.spend(id.clone(), self.inner.clock.now()).map_err(too_many)?;
        Err(ClientAuthError::Refused { refusal: ClientAuthRefusal::WrongSecret, uses_basic })
    }
}

/// Enough for a client that was set up wrongly and tries again and again.
const RATE: Rate = Rate::per_minute(20);

/// Only clients that exist and have a secret are counted.
const MAX_CLIENTS: usize = 20_000;
