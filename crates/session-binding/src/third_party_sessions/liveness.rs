use oauth_types::UnixTime;
use serde::{Deserialize, Serialize};

/// Whether a third-party session lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Liveness {
    /// It does, and will until then if nothing uses or ends it.
    Live {
        /// The first second at which it will have timed out.
        until: UnixTime,
    },
    /// It does not, for good.
    Ended(EndCause),
}

/// Why a third-party session ended, for the audit line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndCause {
    /// Nothing used it for the idle timeout.
    Idle,
    /// The absolute timeout was over.
    Expired,
    /// The person signed in again after it had ended.
    Superseded,
    /// The person had too many sessions, and this was the oldest.
    TooMany,
    /// The person ended it.
    SignedOut,
    /// The third party revoked its grant.
    Revoked,
    /// The third party signed the person out (back-channel logout).
    BackChannelLogout,
    /// The allow rules no longer permit the person.
    NotAllowed,
    /// The operator ended it.
    Administrator,
    /// Nothing rested on it any more: no grant, no browser, no connected account.
    Unused,
    /// Nobody remembers it.
    Unknown,
}

impl Liveness {
    /// Whether it lives.
    #[must_use]
    pub const fn is_live(self) -> bool {
        matches!(self, Self::Live { .. })
    }
}

impl EndCause {
    /// The cause in a log line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Expired => "expired",
            Self::Superseded => "superseded",
            Self::TooMany => "too_many",
            Self::SignedOut => "signed_out",
            Self::Revoked => "revoked",
            Self::BackChannelLogout => "back_channel_logout",
            Self::NotAllowed => "not_allowed",
            Self::Administrator => "administrator",
            Self::Unused => "unused",
            Self::Unknown => "unknown",
        }
    }
}
