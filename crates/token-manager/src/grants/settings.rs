use std::time::Duration;

use oauth_types::Issuer;

/// How long everything about grants lasts.
#[derive(Clone, Debug)]
pub struct GrantSettings {
    /// The `iss` of access tokens.
    pub issuer: Issuer,
    /// How long an access token holds; 1 minute to 24 hours, 1 hour by default.
    pub access_token_lifetime: Duration,
    /// How long a code waits for its redemption; 10 seconds to 10 minutes, 60 seconds by default.
    pub code_lifetime: Duration,
    /// For how long the refresh token before the present one is answered with its successor again;
    /// 0 (never) to 300 seconds, 60 by default.
    pub retry_window: Duration,
    /// How long a grant may be unused; at least 5 minutes, 30 days by default.
    pub idle_timeout: Duration,
    /// How old a grant becomes; at least 5 minutes, 180 days by default.
    pub absolute_timeout: Duration,
    /// Where other processes use the store too: for how long grants are taken at their last word while it gives no
    /// answer; 4 seconds by default.
    pub stale_after: Duration,
}

/// A setting of [`GrantSettings`] is out of its range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name} must be {least:?} to {most:?}")]
pub struct InvalidSetting {
    /// The setting.
    pub name: &'static str,
    /// The least it may be.
    pub least: Duration,
    /// The most it may be.
    pub most: Duration,
}

impl GrantSettings {
    /// The defaults for tokens of `issuer`.
    #[must_use]
    pub const fn new(issuer: Issuer) -> Self {
        Self {
            issuer,
            access_token_lifetime: Duration::from_secs(3600),
            code_lifetime: Duration::from_secs(60),
            retry_window: Duration::from_secs(60),
            idle_timeout: Duration::from_secs(30 * DAY),
            absolute_timeout: Duration::from_secs(180 * DAY),
            stale_after: Duration::from_secs(4),
        }
    }

    /// Checks every range; [`Grants::open`](super::Grants::open) does so too.
    ///
    /// # Errors
    /// The first setting that is out of its range.
    pub fn check(&self) -> Result<(), InvalidSetting> {
        check("access_token_lifetime", self.access_token_lifetime, 60, DAY)?;
        check("code_lifetime", self.code_lifetime, 10, 600)?;
        check("retry_window", self.retry_window, 0, 300)?;
        check("idle_timeout", self.idle_timeout, 300, 3650 * DAY)?;
        check("absolute_timeout", self.absolute_timeout, 300, 3650 * DAY)
    }
}

fn check(name: &'static str, value: Duration, least: u64, most: u64) -> Result<(), InvalidSetting> {
    let (least, most) = (Duration::from_secs(least), Duration::from_secs(most));
    if value < least || value > most {
        return Err(InvalidSetting { name, least, most });
    }
    Ok(())
}

/// A grant with less time than this is over for the token endpoint.
pub(super) const LEAST_LIFETIME: Duration = Duration::from_secs(60);

const DAY: u64 = 24 * 3600;
