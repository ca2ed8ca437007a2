use std::fmt;

use oauth_types::{
    ClientId, CodeChallenge, Issuer, JwkThumbprint, ProviderId, RedirectUri, ResourceUri, Scope,
};
use serde::{Deserialize, Serialize};

use crate::Authenticated;

/// What a transaction is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// A client asked for a code.
    Authorize(Box<AuthorizationRequest>),
    /// A person wants to see their account page; there is no client, and nothing to consent to.
    Account,
    /// A person followed a link to connect a further account, and signs in first as for the account page.
    FollowLink(ConnectLink),
    /// A person who is signed in connects a further account; nobody is signed in by it.
    Connect(Box<ConnectRequest>),
}

/// A link to the page on which a person connects an account at a further third party.
///
/// It says for whom it was made, and permits nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectLink {
    /// The further third party.
    pub provider: ProviderId,
    /// SHA-256 of the `sub` of the token whose holder is to follow the link.
    #[serde(with = "crate::random::text")]
    pub subject: [u8; 32],
}

/// Who connects an account, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectRequest {
    /// The further third party.
    pub provider: ProviderId,
    /// The person, as they were signed in when they pressed the button: the account is connected to that session only.
    pub who: Authenticated,
}

/// An authorization request after every check of `/authorize`: the record that wins over whatever a browser says later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorizationRequest {
    /// Who asks.
    pub client_id: ClientId,
    /// What the consent page tells about the client, as it was when the request came.
    pub client: ClientFacts,
    /// Where the answer goes; was compared with what the client registered.
    pub redirect_uri: RedirectUri,
    /// What is asked for, after narrowing.
    #[serde(with = "scope_text")]
    pub scope: Scope,
    /// What the tokens will be for (RFC 8707).
    pub resource: ResourceUri,
    /// The client's `state`.
    pub state: Option<ClientState>,
    /// The client's PKCE challenge (RFC 7636).
    pub code_challenge: CodeChallenge,
    /// Whether the client may have refresh tokens.
    pub refreshable: bool,
    /// The key that the code is bound to (`dpop_jkt`, RFC 9449 section 10).
    #[serde(default)]
    pub key: Option<JwkThumbprint>,
    /// The `iss` of the answer, fixed now so that no later request can choose it (RFC 9207).
    pub issuer: Issuer,
}

/// What is known of a client, for people to read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientFacts {
    /// What the client calls itself; a stranger's text.
    pub name: Option<String>,
    /// The host that the client is published at, if that is known.
    pub host: Option<String>,
    /// Where these facts are from.
    pub origin: ClientOrigin,
    /// Whether the answer goes to the person's own machine, where any program can listen.
    pub loopback_only: bool,
}

/// Where the facts of a client are from, and so what they are worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientOrigin {
    /// The operator wrote them.
    Configured,
    /// The client registered itself (RFC 7591); nobody verified anything.
    Registered,
    /// From a client ID metadata document; the host is verified.
    MetadataDocument,
}

/// The `state` of a client: at most 4096 bytes of whatever it likes, answered byte for byte (RFC 6749 section 4.1.2).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ClientState(#[serde(with = "crate::random::text")] Vec<u8>);

/// A `state` of more than [`ClientState::MAX_BYTES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("state is longer than 4096 bytes")]
pub struct ClientStateTooLong;

impl ClientState {
    /// The longest `state`.
    pub const MAX_BYTES: usize = 4096;

    /// Takes the bytes over as they came, after percent-decoding.
    ///
    /// # Errors
    /// More than [`ClientState::MAX_BYTES`].
    pub fn new(bytes: impl Into<Vec<u8>>) -> Result<Self, ClientStateTooLong> {
        let bytes = bytes.into();
        if bytes.len() > Self::MAX_BYTES { Err(ClientStateTooLong) } else { Ok(Self(bytes)) }
    }

    /// The very bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for ClientState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "ClientState({} bytes)", self.0.len())
    }
}

mod scope_text {
    use oauth_types::Scope;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(scope: &Scope, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(scope)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Scope, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}
