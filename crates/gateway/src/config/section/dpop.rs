use serde::{Deserialize, Serialize};

/// What becomes of tokens that are bound to a key of their client (DPoP, RFC 9449).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum DpopMode {
    /// They are refused.
    Off,
    /// They are taken, and plain bearer tokens too.
    #[default]
    Offered,
    /// They are taken, and nothing else.
    Required,
}
