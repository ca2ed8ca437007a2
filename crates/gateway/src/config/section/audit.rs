use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::config::value::ByteSize;

/// The audit: one JSON object per line for each decision about somebody who is known, apart from the log.
///
/// Without this section there is none.
/// A line says who asked, through which client, for what, and how it was decided; arguments of tools never, unless a rule names them.
/// Messages are read for that as on servers with rules, up to `limits.body_bytes`.
/// Requests without good credentials are in the log alone.
/// The acts of people and operators that the log has under `audit` are in it too.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Audit {
    /// The file to append to, which is made for the gateway's own user alone.
    /// Without this key the lines go to standard output.
    /// A reload opens it anew, so that other programs may move it away.
    pub file: Option<PathBuf>,
    /// Size at which the file becomes `NAME.1`, what was that `NAME.2`, and so on; 64 KiB to 1 GiB.
    pub rotate_at: ByteSize,
    /// Older files to keep; 1 to 1000.
    pub keep: u32,
    /// What happens to requests whose line cannot be written, as on a full disk.
    /// In each case the log says so once, and the audit has a line with the number of lines that are missing as soon as it can be written again.
    pub if_failing: AuditFailure,
}

/// What happens to requests whose line cannot be written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum AuditFailure {
    /// They go on.
    #[default]
    Continue,
    /// They are answered 503.
    Refuse,
}

impl Default for Audit {
    fn default() -> Self {
        Self {
            file: None,
            rotate_at: ByteSize::from_kib(64 * 1024),
            keep: 10,
            if_failing: AuditFailure::Continue,
        }
    }
}
