use serde::{Deserialize, Serialize};

/// What is logged, and how; always on standard error, never a token.
/// A change takes effect at the next restart.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// Lines for people, or one JSON object per line.
    pub format: LogFormat,
    /// Least important level that is logged; the line per request is `info`.
    pub level: LogLevel,
}

/// The form of log lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Text for people.
    #[default]
    Human,
    /// One JSON object per line.
    Json,
}

/// The importance of log lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// Only what needs an operator now.
    Error,
    /// And what will need one.
    Warn,
    /// And one line per request.
    #[default]
    Info,
    /// And the steps of each decision.
    Debug,
    /// And everything.
    Trace,
}
