use std::time::Duration;

/// When signing keys change.
#[derive(Clone, Copy, Debug)]
pub struct SigningKeySettings {
    /// How long a key signs; 30 days by default.
    pub rotate_every: Duration,
    /// How long a key is published before it signs, which must exceed the time for which verifiers keep the key set;
    /// 1 day by default.
    pub publish_ahead: Duration,
    /// How long a key stays published after its last signature: the longest lifetime of an access token and some
    /// minutes for clocks; 24 hours and 10 minutes by default, the longest that [`GrantSettings`](crate::GrantSettings) allows.
    pub keep_after: Duration,
}

impl Default for SigningKeySettings {
    fn default() -> Self {
        Self {
            rotate_every: Duration::from_secs(30 * 24 * 3600),
            publish_ahead: Duration::from_secs(24 * 3600),
            keep_after: Duration::from_secs(24 * 3600 + 600),
        }
    }
}
