use super::ClientProof;
use crate::{Client, ClientAuthMethod};

/// A client that the operator wrote down, with what it proves itself by.
#[derive(Clone, Debug)]
pub struct ConfiguredClient {
    client: Client,
    proof: ClientProof,
}

/// The `token_endpoint_auth_method` of a client needs another proof than it was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("token_endpoint_auth_method {} does not go with this kind of proof", .0.as_str())]
pub struct ProofMismatch(pub ClientAuthMethod);

impl ConfiguredClient {
    /// `client`, which proves itself by `proof`.
    ///
    /// # Errors
    /// [`ProofMismatch`] if its [`Client::auth_method`] needs another kind of proof.
    pub fn new(client: Client, proof: ClientProof) -> Result<Self, ProofMismatch> {
        let fits = match client.auth_method {
            ClientAuthMethod::None => matches!(proof, ClientProof::Nothing | ClientProof::KeysOrNothing(_)),
            ClientAuthMethod::ClientSecretPost | ClientAuthMethod::ClientSecretBasic => {
                matches!(proof, ClientProof::Secret(_))
            }
            ClientAuthMethod::PrivateKeyJwt => matches!(proof, ClientProof::Keys(_)),
        };
        if !fits {
            return Err(ProofMismatch(client.auth_method));
        }
        Ok(Self { client, proof })
    }

    /// The client.
    #[must_use]
    pub const fn client(&self) -> &Client {
        &self.client
    }

    pub(super) fn into_parts(self) -> (Client, ClientProof) {
        (self.client, self.proof)
    }
}
