use std::time::Duration;

use oauth_types::{ClientId, UnixTime};
use serde::{Deserialize, Serialize};
use storage::{Record, StoreError, Table, Versioned};

use crate::{
    ClientAuthMethod, ClientOrigin, ClientProof, SecretDigest, client::metadata::ClientMetadata,
    clients::KnownClient,
};

/// What is stored of a client, as JSON.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Stored {
    pub(super) metadata: ClientMetadata,
    pub(super) issued_at: UnixTime,
    /// The last use, or else the last registration; exact to [`super::notes::INTERVAL`].
    pub(super) seen_at: UnixTime,
    /// Whether a person ever approved it.
    pub(super) is_used: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) secret: Option<SecretDigest>,
    /// The digest of `registration_access_token`; none for a client that many share.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) registration_token: Option<SecretDigest>,
    /// Whether it is on its way out: nobody's any more, though its grants may still have to end.
    pub(super) is_deleted: bool,
}

/// A stored client as it was found.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) stored: Stored,
    pub(super) revision: u64,
    /// Whether nothing is left of the client but this record, which the store's sweep removes.
    pub(super) is_over: bool,
}

impl Stored {
    pub(super) const fn new(metadata: ClientMetadata, now: UnixTime) -> Self {
        Self {
            metadata,
            issued_at: now,
            seen_at: now,
            is_used: false,
            secret: None,
            registration_token: None,
            is_deleted: false,
        }
    }

    pub(super) fn known(&self, id: &ClientId) -> KnownClient {
        let proof = match (self.metadata.token_endpoint_auth_method, &self.secret, self.metadata.keys()) {
            (ClientAuthMethod::PrivateKeyJwt, _, Some(keys)) => ClientProof::Keys(keys),
            (ClientAuthMethod::ClientSecretPost | ClientAuthMethod::ClientSecretBasic, Some(digest), _) => {
                ClientProof::Secret(digest.clone())
            }
            _ => ClientProof::Nothing,
        };
        KnownClient { client: self.metadata.client(id, ClientOrigin::Registered, None), proof }
    }

    /// The store's sweep knows nothing of grants, so what it sees is a date that our own sweep always comes before.
    pub(super) fn encode(&self, now: UnixTime) -> Result<Record, StoreError> {
        self.record(now + KEPT_BY_STORE)
    }

    /// The record of a client that is gone, for the store's next sweep to remove.
    pub(super) fn encode_over(&self, now: UnixTime) -> Result<Record, StoreError> {
        Self { is_deleted: true, ..self.clone() }.record(now)
    }

    fn record(&self, expires_at: UnixTime) -> Result<Record, StoreError> {
        let body = serde_json::to_vec(self).map_err(|it| corrupt(&it))?;
        Ok(Record::new(TABLE, expires_at, body))
    }
}

impl Found {
    pub(super) fn read(found: &Versioned, now: UnixTime) -> Result<Self, StoreError> {
        let stored: Stored = serde_json::from_slice(&found.record.body).map_err(|it| corrupt(&it))?;
        let is_over = stored.is_deleted && found.record.is_expired(now);
        Ok(Self { stored, revision: found.revision, is_over })
    }
}

fn corrupt(error: &serde_json::Error) -> StoreError {
    StoreError::Corrupt(format!("a record of {}: {:?} error", TABLE.name(), error.classify()))
}

pub(super) const TABLE: Table = Table::new("registered_clients", 1);

/// Twenty years.
const KEPT_BY_STORE: Duration = Duration::from_secs(20 * 365 * 24 * 3600);
