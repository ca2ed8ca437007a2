use serde::Deserialize;

use crate::config::value::Period;

/// How long people stay signed in.
///
/// A third-party session is one sign-in at a third party, which all grants of that person rest on.
/// A browser session is what the pages of the gateway know a browser by.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct ThirdPartySessions {
    /// A third-party session that nothing uses for so long ends, with its grants; `5m` to `3650d`.
    pub idle_timeout: Period,
    /// A third-party session ends so long after the sign-in, with its grants; `5m` to `3650d`.
    pub absolute_timeout: Period,
    /// A browser session without a request for so long ends; `1m` to `30d`.
    pub browser_idle_timeout: Period,
    /// A browser session ends so long after the sign-in; `5m` to `90d`.
    pub browser_absolute_timeout: Period,
}

impl Default for ThirdPartySessions {
    fn default() -> Self {
        Self {
            idle_timeout: Period::from_days(30),
            absolute_timeout: Period::from_days(90),
            browser_idle_timeout: Period::from_secs(30 * 60),
            browser_absolute_timeout: Period::from_secs(12 * 60 * 60),
        }
    }
}
