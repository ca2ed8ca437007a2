//! How a client proves at the token endpoint who it is (OAuth 2.1 section 2.4; RFC 6749 section 2.3; RFC 7523).

mod assertion;
mod basic;
mod credentials;
mod error;
mod secret;

use std::sync::Arc;

use oauth_types::ClientId;

pub use credentials::ClientCredentials;
pub use error::{ClientAuthError, ClientAuthRefusal};

pub(crate) use secret::FailedAttempts;

use crate::{
    Client, Clients, FindClientError,
    clients::{ClientProof, KnownClient},
};
use ClientAuthRefusal as Refusal;
use credentials::Presented;

/// Proof that a request came from a client, as far as that client proves itself at all.
///
/// Only [`Clients::authenticate`] makes one.
#[derive(Debug)]
pub struct AuthenticatedClient {
    client: Client,
}

impl AuthenticatedClient {
    /// The client.
    #[must_use]
    pub const fn client(&self) -> &Client {
        &self.client
    }
}

impl Clients {
    /// Checks what a request presents against what is known of the client.
    ///
    /// A confidential client may use HTTP Basic or the body, whichever of the two it registered.
    /// A public client proves nothing, and one that presents a secret all the same is refused.
    ///
    /// # Errors
    /// [`ClientAuthError`]; see there for how each is answered.
    pub async fn authenticate(
        &self,
        presented: ClientCredentials<'_>,
    ) -> Result<AuthenticatedClient, ClientAuthError> {
        let uses_basic = presented.uses_basic();
        let refused = |refusal| ClientAuthError::Refused { refusal, uses_basic };
        let known = self.presented_client(&presented).await?;
        match (&known.proof, presented.proof()) {
            (ClientProof::Nothing | ClientProof::KeysOrNothing(_), Presented::Nothing) => {}
            (ClientProof::Secret(digest), Presented::Secret(secret)) => {
                self.check_secret(&known.client.id, digest, secret, uses_basic)?;
            }
            (ClientProof::Keys(keys) | ClientProof::KeysOrNothing(keys), Presented::Assertion(assertion)) => {
                self.check_assertion(&known.client.id, keys, assertion).await?;
            }
            (_, Presented::Nothing) => return Err(refused(Refusal::NothingPresented)),
            (_, Presented::Secret(_) | Presented::Assertion(_)) => return Err(refused(Refusal::OtherMethod)),
        }
        Ok(AuthenticatedClient { client: known.client.clone() })
    }

    /// The client that the request names, in the first reading of its name that is somebody's.
    async fn presented_client(
        &self,
        presented: &ClientCredentials<'_>,
    ) -> Result<Arc<KnownClient>, ClientAuthError> {
        let refused = |refusal| Err(ClientAuthError::Refused { refusal, uses_basic: presented.uses_basic() });
        for text in presented.client_ids() {
            let Ok(id) = text.parse::<ClientId>() else { continue };
            match self.known(&id).await {
                Ok(known) => return Ok(known),
                Err(FindClientError::Unknown) => {}
                // A client that could not be looked at is not one that is gone: it must not forget its registration.
                Err(error) => return Err(ClientAuthError::Unavailable(Box::new(error))),
            }
        }
        refused(Refusal::UnknownClient)
    }
}

#[cfg(test)]
mod tests;
