use std::{fmt, time::Duration};

use super::url;

oauth_types::secret! {
    /// The URL of a database, with the password in it.
    pub(super) struct DatabaseUrl;
}

/// Where the database of a [`PostgresStore`](crate::PostgresStore) is and how it is used.
///
/// `Debug` shows the hosts and nothing else of the URL.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresSettings {
    pub(super) url: DatabaseUrl,
    pub(super) places: Vec<String>,
    /// The most connections that work for callers; 16 by default. One more follows what other processes write.
    pub connections: u32,
    /// How long an operation waits for a connection; 3 s by default.
    pub acquire_timeout: Duration,
    /// How long the database works at one operation before it gives up; 5 s by default.
    pub statement_timeout: Duration,
}

impl PostgresSettings {
    /// The defaults, for `postgres://user:password@host:port/database?parameters`.
    ///
    /// There may be several hosts (`host1:port1,host2:port2`), which are tried in turn until one can be written to; a
    /// folder of a Unix socket is given as the parameter `host`.
    /// The parameters are `sslmode`, `sslrootcert`, `sslcert`, `sslkey`, `host`, `port`, `dbname`, `user`, `password`,
    /// `application_name`, `options`, `target_session_attrs` and `statement-cache-capacity`.
    ///
    /// # Errors
    ///
    /// [`InvalidPostgresUrl`]; among others when a host is not on this machine and `sslmode` is not `verify-full`.
    pub fn new(url: &str) -> Result<Self, InvalidPostgresUrl> {
        let hosts = url::parse(url)?;
        Ok(Self {
            url: DatabaseUrl::new(url.to_owned()),
            places: hosts.into_iter().map(|it| it.place).collect(),
            connections: 16,
            acquire_timeout: Duration::from_secs(3),
            statement_timeout: Duration::from_secs(5),
        })
    }
}

impl fmt::Debug for PostgresSettings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { url: _, places, connections, acquire_timeout, statement_timeout } = self;
        formatter
            .debug_struct("PostgresSettings")
            .field("hosts", places)
            .field("connections", connections)
            .field("acquire_timeout", acquire_timeout)
            .field("statement_timeout", statement_timeout)
            .finish_non_exhaustive()
    }
}

/// Why a URL is none of a [`PostgresStore`](crate::PostgresStore). Shows nothing of the URL but the host, or the name of
/// a parameter.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPostgresUrl {
    /// It is of another kind.
    #[error("the URL of the database begins with neither `postgres://` nor `postgresql://`")]
    Scheme,
    /// It names no host, and guessing one would depend on the machine.
    #[error(
        "the URL of the database names no host: write one, or the folder of a Unix socket as `?host=/folder`"
    )]
    NoHost,
    /// There are several hosts, and neither one port nor as many.
    #[error("the URL of the database has another number of ports than of hosts")]
    Ports,
    /// A parameter that would be without effect.
    #[error("the URL of the database has the parameter `{0}`, which has no meaning here")]
    Parameter(String),
    /// A mode of TLS that does not exist.
    #[error(
        "`sslmode` in the URL of the database is none of disable, allow, prefer, require, verify-ca, verify-full"
    )]
    SslMode,
    /// Every connection must be one that can write.
    #[error("`target_session_attrs` in the URL of the database can only be read-write, primary or any")]
    Target,
    /// Whoever is on the way to that host could read and write everything.
    #[error(
        "the database host {0} is not this machine: set `sslmode=verify-full` in the URL of the database"
    )]
    Unverified(String),
    /// Anything else.
    #[error(
        "the URL of the database cannot be understood: percent-encode what is special in names and passwords"
    )]
    Syntax,
}
