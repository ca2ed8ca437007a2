use std::fmt;

use serde_json::Value;
use url::Url;

use super::{ConfiguredClient, SecretDigest};
use crate::{AssertionKeys, Client};

/// A client, and what it proves itself by.
#[derive(Debug)]
pub(crate) struct KnownClient {
    pub(crate) client: Client,
    pub(crate) proof: ClientProof,
}

/// What a client proves itself by at the token endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientProof {
    /// Nothing: a public client.
    Nothing,
    /// A secret, in the body or by HTTP Basic.
    Secret(SecretDigest),
    /// An assertion signed by one of these keys (RFC 7523).
    Keys(ClientKeys),
    /// An assertion signed by one of these keys, or nothing: its document declares both methods.
    KeysOrNothing(ClientKeys),
}

/// Where the public keys of a client are; of the two ways exactly one (RFC 7591 section 2).
#[derive(Clone, PartialEq, Eq)]
pub enum ClientKeys {
    /// `jwks`: a key set, as JSON.
    Inline(Value),
    /// `jwks_uri`: where the key set is.
    Uri(Url),
}

impl ClientKeys {
    /// The keys as the verifier takes them.
    #[must_use]
    pub const fn as_assertion_keys(&self) -> AssertionKeys<'_> {
        match self {
            Self::Inline(set) => AssertionKeys::Inline(set),
            Self::Uri(url) => AssertionKeys::Uri(url),
        }
    }
}

impl fmt::Debug for ClientKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Inline(_) => formatter.write_str("Inline(..)"),
            Self::Uri(url) => formatter.debug_tuple("Uri").field(&url.as_str()).finish(),
        }
    }
}

impl From<ConfiguredClient> for KnownClient {
    fn from(configured: ConfiguredClient) -> Self {
        let (client, proof) = configured.into_parts();
        Self { client, proof }
    }
}
