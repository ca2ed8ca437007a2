use sqlx::Error;

/// Why a [`PostgresStore`](crate::PostgresStore) cannot be used. The database is as it was before.
///
/// Never shows the user or the password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConnectError {
    /// No connection came about.
    #[error("cannot connect to the database at {place}: {reason}")]
    Unreachable {
        /// Host and port.
        place: String,
        /// What the operating system, or TLS, said.
        reason: String,
    },
    /// The server answered and does not want us: a wrong password, no such database, too many connections.
    #[error("the database at {place} refuses the connection: {reason} (SQLSTATE {code})")]
    Refused {
        /// Host and port.
        place: String,
        /// What this code most often means.
        reason: &'static str,
        /// The server's code.
        code: String,
    },
    /// The server is a standby, or refuses changes: what it says may be older than what was answered elsewhere.
    #[error("the database at {place} is read-only: a standby is never used, name the primary")]
    ReadOnly {
        /// Host and port.
        place: String,
    },
    /// The server lacks what the store needs.
    #[error("the database at {place} is PostgreSQL {found}, which is older than 13")]
    TooOld {
        /// Host and port.
        place: String,
        /// Its major version.
        found: u32,
    },
    /// There is no store in the database, and one that only looks makes none.
    #[error("there is no store in the database yet")]
    Empty,
    /// An older program has written the store, and one that only looks does not change that.
    #[error(
        "the store in the database has schema {found}, this program knows {known}: start it once to migrate it"
    )]
    Older {
        /// The schema in the database.
        found: u32,
        /// This program's schema.
        known: u32,
    },
    /// A newer program has written the store.
    #[error(
        "the store in the database has schema {found}, this program knows {known}: it was written by {written_by}, use that version or a newer one"
    )]
    Newer {
        /// The schema in the database.
        found: u32,
        /// This program's schema.
        known: u32,
        /// The version of the program that wrote it.
        written_by: String,
    },
    /// What says which schema the store has makes no sense.
    #[error("the schema `mcp_gateway` in the database is none of this program's")]
    Damaged,
    /// The schema cannot be read or made.
    #[error("the database refuses to set up the store: {reason}")]
    Schema {
        /// Why.
        reason: String,
    },
    /// All connections are in use, and stayed so.
    #[error("no connection became free in time")]
    Busy,
    /// [`PostgresStore::close`](crate::PostgresStore::close) was called.
    #[error("the store is closed")]
    Closed,
}

impl ConnectError {
    pub(super) fn of(place: &str, error: Error) -> Self {
        let place = place.to_owned();
        match error {
            Error::Database(error) => {
                let code = error.code().unwrap_or_default().into_owned();
                Self::Refused { place, reason: meaning(&code), code }
            }
            Error::Io(error) => Self::Unreachable { place, reason: error.to_string() },
            Error::Tls(error) => Self::Unreachable { place, reason: format!("TLS: {error}") },
            Error::Configuration(_) => {
                Self::Unreachable { place, reason: "its settings cannot be used".to_owned() }
            }
            _ => Self::Unreachable { place, reason: "it does not speak like PostgreSQL".to_owned() },
        }
    }

    pub(super) fn timed_out(place: &str) -> Self {
        Self::Unreachable { place: place.to_owned(), reason: "it did not answer in time".to_owned() }
    }

    /// Whether waiting may help.
    pub(super) fn may_pass(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::ReadOnly { .. } => true,
            Self::Refused { code, .. } => code.starts_with("57P") || code.starts_with("53"),
            _ => false,
        }
    }
}

fn meaning(code: &str) -> &'static str {
    match code {
        "28P01" | "28000" => "user or password are wrong, or the user may not connect from here",
        "3D000" => "there is no database of that name",
        "42501" => "the user may not use it",
        "53300" => "it has too many connections",
        "57P01" | "57P02" | "57P03" => "it is starting or stopping",
        _ => "it gives no reason that is known here",
    }
}
