//! Where a configuration comes from: a file, or the command line.

#[cfg(feature = "third-party")]
mod account;
#[cfg(not(feature = "third-party"))]
#[path = "source/account_absent.rs"]
mod account;

use std::path::{Path, PathBuf};

use gateway::config::{CommandLine, Config, ConfigError, Loaded, TokensOf};

use super::{Failure, environment};
use crate::arguments::ProgramArguments;

/// A configuration that can be read again.
#[derive(Debug)]
pub(crate) enum Source {
    File(PathBuf),
    Text(String),
}

impl Source {
    /// What the command line names; the first time that it asks for a built-in account, that one is made.
    ///
    /// # Errors
    /// [`Failure`] when there is neither an authorization server nor an account.
    pub(crate) fn of(file: &Path, program: &ProgramArguments) -> Result<Self, Failure> {
        let Some(public_url) = &program.public_url else { return Ok(Self::File(file.to_owned())) };
        let tokens_of = if program.authorization_server.is_empty() {
            account::of(public_url, program.state.as_deref())?
        } else {
            TokensOf::Issuers(program.authorization_server.clone())
        };
        let is_account = matches!(tokens_of, TokensOf::Account { .. });
        let default_scope = (is_account && program.scope.is_empty()).then(|| DEFAULT_SCOPE.to_owned());
        let line = CommandLine {
            public_url: public_url.clone(),
            path: program.path.clone(),
            listen: program.listen.clone(),
            tls: program.tls_certificate.clone().zip(program.tls_key.clone()),
            behind_proxy: program.behind_proxy.clone(),
            scopes: program.scope.iter().cloned().chain(default_scope).collect(),
            command: program.command.clone(),
            env: program.env.clone(),
            tokens_of,
        };
        Ok(Self::Text(line.to_toml()))
    }

    /// Reads it, and all that it points at.
    ///
    /// # Errors
    /// Those of [`Config::load`].
    pub(crate) fn load(&self) -> Result<Loaded, ConfigError> {
        match self {
            Self::File(path) => Config::load(path, &environment),
            Self::Text(text) => Config::load_text(text, "the command line", &environment),
        }
    }
}

const DEFAULT_SCOPE: &str = "mcp";
