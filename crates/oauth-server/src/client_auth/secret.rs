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
    pub(super) fn check_secret(
        &self,
        id: &ClientId,
        digest: &SecretDigest,
        readings: &[ClientSecret],
        uses_basic: bool,
    ) -> Result<(), ClientAuthError> {
        let now = self.inner.clock.now();
        let failed = &self.inner.failed.0;
        failed.check(id, now).map_err(|retry_after| ClientAuthError::TooManyAttempts { retry_after })?;
        // Every reading is compared, so that the time does not tell which one was right.
        let right = readings.iter().fold(false, |right, it| digest.is_of(it.expose()) | right);
        if right {
            return Ok(());
        }
        let _ = failed.spend(id.clone(), now);
        Err(ClientAuthError::Refused { refusal: ClientAuthRefusal::WrongSecret, uses_basic })
    }
}

/// Enough for a client that was set up wrongly and tries again and again, useless for guessing.
const RATE: Rate = Rate::per_minute(20);

/// Only clients that exist and have a secret are counted.
const MAX_CLIENTS: usize = 20_000;
