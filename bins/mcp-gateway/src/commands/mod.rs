//! One command per file.

mod api_keys;
mod check;
#[cfg(feature = "third-party")]
mod clients;
mod demo;
#[cfg(feature = "third-party")]
mod grants;
#[cfg(feature = "third-party")]
mod hash_password;
#[cfg(feature = "third-party")]
mod keys;
#[cfg(feature = "third-party")]
mod operate;
mod output;
mod serve;
mod source;
#[cfg(feature = "third-party")]
mod storage;
mod text;

use std::{error::Error, fmt, io};

use gateway::config::ConfigError;

pub(crate) use self::{
    api_keys::api_keys,
    check::check,
    demo::demo,
    serve::serve,
    text::{completions, schema},
};
#[cfg(feature = "third-party")]
pub(crate) use self::{
    clients::clients, grants::grants, hash_password::hash_password, keys::keys, storage::storage,
};

/// Why a command ends without success.
#[derive(Debug)]
pub(crate) enum Failure {
    /// What was asked for failed: exit code 1.
    Asked(Box<dyn Error + Send + Sync>),
    /// The configuration is wrong: exit code 2.
    Configuration(ConfigError),
    /// The arguments do not say what to do: exit code 2.
    Usage(&'static str),
}

impl Failure {
    /// Something failed that was asked for.
    pub(crate) fn asked(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Asked(error.into())
    }

    /// Tells the person at the terminal, with every cause.
    #[expect(clippy::print_stderr, reason = "this is the process's last word")]
    pub(crate) fn report(&self) {
        eprintln!("{self}");
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::Configuration(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::asked(error)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Configuration(error) => write!(formatter, "{error}"),
            Self::Usage(text) => write!(formatter, "mcp-gateway: {text}"),
            Self::Asked(error) => {
                write!(formatter, "mcp-gateway: {error}")?;
                let mut cause = error.source();
                while let Some(error) = cause {
                    write!(formatter, ": {error}")?;
                    cause = error.source();
                }
                Ok(())
            }
        }
    }
}

/// A runtime with `workers` threads, or one per core.
pub(crate) fn runtime(workers: Option<u16>) -> io::Result<tokio::runtime::Runtime> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    if let Some(workers) = workers {
        builder.worker_threads(workers.into());
    }
    builder.thread_name(THREADS).enable_all().build()
}

/// What threads are called in lists of the system: those that work, and the few that wait for files and names.
const THREADS: &str = "mcp-worker";

/// The one place that reads the environment.
pub(crate) fn environment(name: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "the binary is where the environment is read")]
    std::env::var(name).ok()
}
