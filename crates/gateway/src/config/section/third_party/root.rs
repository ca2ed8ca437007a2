use serde::Deserialize;

use super::{
    ClientMetadataDocuments, ConfiguredClient, Provider, Registration, Storage, ThirdPartySessions,
    TrustedIssuer,
};
use crate::config::{
    DpopMode,
    value::{Period, SecretSource},
};

/// Option B: the gateway is the authorization server, and signs people in at third parties or by built-in accounts.
///
/// Needs a build with `--features third-party`.
/// `public_url` is the issuer; there is no `[[authorization_server]]` beside it.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of its own, in the words of the standard"
)]
pub struct ThirdParty {
    /// Where grants, clients and keys are kept: `{ redb = "state.redb" }` for one process,
    /// `{ postgres = { env = "DATABASE_URL" } }` for several that share a database (`--features postgres`),
    /// or `{ memory = true }` for development, which forgets everything with the process.
    pub storage: Storage,
    /// The key under which stored secrets are sealed: at least 32 random bytes, in base64, in hex, or raw in a file.
    /// Make one with `mcp-gateway keys generate-master PATH`, and keep it apart from the storage.
    pub master_key: SecretSource,
    /// Earlier master keys, which still open what they sealed.
    #[serde(default)]
    pub old_master_keys: Vec<SecretSource>,
    /// How long an access token is good; `1m` to `24h`.
    /// One that says in which groups, organisations or teams its person is, because a rule of its server asks for it, is
    /// good for 7 minutes at most.
    #[serde(default = "ThirdParty::default_access_token_lifetime")]
    pub access_token_lifetime: Period,
    /// How long an authorization code waits for its redemption; `10s` to `10m`.
    #[serde(default = "ThirdParty::default_code_lifetime")]
    pub code_lifetime: Period,
    /// For how long a refresh token that was just used is answered with its successor again,
    /// so that a lost answer does no harm; `0s` (never) to `5m`.
    #[serde(default = "ThirdParty::default_retry_window")]
    pub retry_window: Period,
    /// A grant that is not used for so long ends; `5m` to `3650d`, not more than `absolute_timeout`.
    #[serde(default = "ThirdParty::default_idle_timeout")]
    pub idle_timeout: Period,
    /// A grant ends so long after its consent, used or not; `5m` to `3650d`.
    #[serde(default = "ThirdParty::default_absolute_timeout")]
    pub absolute_timeout: Period,
    /// How long a signing key of access tokens signs before the next one does; `7d` to `365d`.
    #[serde(default = "ThirdParty::default_signing_key_rotation")]
    pub signing_key_rotation: Period,
    /// Send `iss` with each authorization response, and say so in the metadata (RFC 9207).
    #[serde(default = "ThirdParty::default_authorization_response_iss")]
    pub authorization_response_iss: bool,
    /// Tokens that are bound to a key of their client (DPoP, RFC 9449): `"offered"` binds them for clients that send a
    /// proof, `"required"` refuses all others, `"off"` binds none.
    #[serde(default)]
    pub dpop: DpopMode,
    /// Demand in each proof of a token request a nonce of the gateway, so that none can be made beforehand.
    #[serde(default)]
    pub dpop_nonce: bool,
    /// Take authorization requests only from clients that push them (RFC 9126).
    /// Most MCP clients cannot, and fail then.
    #[serde(default)]
    pub require_pushed_authorization_requests: bool,
    /// Let clients send requests to the token endpoint as a JSON object too, which no standard asks for.
    #[serde(default)]
    pub json_token_requests: bool,
    /// How long people stay signed in.
    #[serde(default)]
    pub sessions: ThirdPartySessions,
    /// Clients that register themselves (RFC 7591).
    #[serde(default)]
    pub registration: Registration,
    /// Clients whose id is the URL of a document about them.
    #[serde(default)]
    pub client_metadata_documents: ClientMetadataDocuments,
    /// Clients that you know beforehand, and MCP servers that ask about tokens.
    #[serde(rename = "client", default)]
    pub clients: Vec<ConfiguredClient>,
    /// Enterprises whose identity assertions give clients tokens without a browser.
    #[serde(rename = "trusted_issuer", default)]
    pub trusted_issuers: Vec<TrustedIssuer>,
    /// Who signs people in, at least one; of several the person picks one.
    #[serde(rename = "provider", default)]
    #[cfg_attr(feature = "schema", schemars(!default, length(min = 1)))]
    pub providers: Vec<Provider>,
}

impl ThirdParty {
    fn default_access_token_lifetime() -> Period {
        Period::from_secs(60 * 60)
    }

    fn default_code_lifetime() -> Period {
        Period::from_secs(60)
    }

    fn default_retry_window() -> Period {
        Period::from_secs(60)
    }

    fn default_idle_timeout() -> Period {
        Period::from_days(30)
    }

    fn default_absolute_timeout() -> Period {
        Period::from_days(180)
    }

    fn default_signing_key_rotation() -> Period {
        Period::from_days(30)
    }

    fn default_authorization_response_iss() -> bool {
        true
    }
}
