//! The connections of one store: how many, to which server, and which of them are still good.
//!
//! Not sqlx's own pool: that one knows one server, returns a connection to others while nobody can say whether it
//! works, and waits for the whole of its timeout where the system refuses at once.

use std::{
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use sqlx::{Connection, PgConnection};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, sleep, timeout, timeout_at},
};

use super::{
    connect_error::ConnectError,
    health::Health,
    session::{self, Rules},
    settings::{InvalidPostgresUrl, PostgresSettings},
    url::{self, Host},
};

pub(super) struct Pool {
    hosts: Vec<Host>,
    /// The host that was the right one the last time.
    preferred: AtomicUsize,
    pub(super) rules: Rules,
    acquire_timeout: Duration,
    permits: Arc<Semaphore>,
    size: u32,
    idle: Mutex<Vec<Idle>>,
    pub(super) health: Health,
}

struct Idle {
    connection: PgConnection,
    opened: Instant,
    since: Instant,
}

/// A connection that is in use. Whoever does not give it back has closed it.
pub(super) struct Loan {
    pub(super) connection: PgConnection,
    opened: Instant,
    permit: OwnedSemaphorePermit,
}

impl Pool {
    pub(super) fn new(settings: &PostgresSettings, read_only: bool) -> Result<Self, InvalidPostgresUrl> {
        let size = settings.connections.clamp(1, MOST_CONNECTIONS);
        Ok(Self {
            hosts: url::parse(settings.url.expose())?,
            preferred: AtomicUsize::new(0),
            rules: Rules { statement_timeout: settings.statement_timeout, read_only },
            acquire_timeout: settings.acquire_timeout,
            permits: Arc::new(Semaphore::new(size as usize)),
            size,
            idle: Mutex::default(),
            health: Health::default(),
        })
    }

    /// Lends a connection that works, if need be a new one.
    pub(super) async fn acquire(&self) -> Result<Loan, ConnectError> {
        let deadline = Instant::now() + self.acquire_timeout;
        let permit = timeout_at(deadline, Arc::clone(&self.permits).acquire_owned()).await;
        let permit = permit.map_err(|_| ConnectError::Busy)?.map_err(|_| ConnectError::Closed)?;
        while let Some(mut idle) = self.pop() {
            if idle.works().await {
                return Ok(Loan { connection: idle.connection, opened: idle.opened, permit });
            }
            self.forget_idle();
        }
        let connection = self.connect_until(deadline).await?;
        Ok(Loan { connection, opened: Instant::now(), permit })
    }

    /// Takes back a connection that nobody waits for an answer on.
    pub(super) fn give_back(&self, loan: Loan) {
        let Loan { connection, opened, permit } = loan;
        if !self.permits.is_closed() {
            self.idle().push(Idle { connection, opened, since: Instant::now() });
        }
        drop(permit);
    }

    /// Closes what is not in use: when one connection has broken, the others most likely have, too.
    pub(super) fn forget_idle(&self) {
        let forgotten = std::mem::take(&mut *self.idle());
        drop(forgotten);
    }

    /// Opens a connection that does not count.
    pub(super) async fn connect(&self) -> Result<PgConnection, ConnectError> {
        if self.permits.is_closed() {
            return Err(ConnectError::Closed);
        }
        self.connect_until(Instant::now() + self.acquire_timeout).await
    }

    /// Lets those finish who have a connection, and closes all.
    pub(super) async fn close(&self) {
        let all = timeout(self.longest_answer(), self.permits.acquire_many(self.size)).await;
        self.permits.close();
        drop(all);
        let idle = std::mem::take(&mut *self.idle());
        for it in idle {
            // Who does not hear the farewell sees the end of the connection.
            let _ = timeout(PING, it.connection.close()).await;
        }
    }

    /// How long an answer can take before the connection counts as lost.
    pub(super) fn longest_answer(&self) -> Duration {
        self.rules.statement_timeout + GRACE
    }

    /// While the database is known to be away, each call tries once and nobody waits.
    ///
    /// Of several errors it answers the first: the last is often only that the time was over.
    async fn connect_until(&self, deadline: Instant) -> Result<PgConnection, ConnectError> {
        let mut first = None;
        loop {
            let error = match self.connect_once(deadline).await {
                Ok(connection) => return Ok(connection),
                Err(error) if error.may_pass() => first.get_or_insert(error),
                Err(error) => return Err(error),
            };
            if self.health.has_failed() || Instant::now() + BETWEEN_ATTEMPTS >= deadline {
                return Err(error.clone());
            }
            sleep(BETWEEN_ATTEMPTS).await;
        }
    }

    /// Tries each host once, first the one that was right the last time; answers the last error.
    async fn connect_once(&self, deadline: Instant) -> Result<PgConnection, ConnectError> {
        let first = self.preferred.load(Ordering::Relaxed);
        let each = self.acquire_timeout / u32::try_from(self.hosts.len()).unwrap_or(u32::MAX).max(1);
        let mut failure = ConnectError::Closed;
        for (index, host) in self.hosts.iter().enumerate().cycle().skip(first).take(self.hosts.len()) {
            let opened =
                timeout_at(deadline.min(Instant::now() + each), session::open(host, self.rules)).await;
            match opened.unwrap_or_else(|_| Err(ConnectError::timed_out(&host.place))) {
                Ok(connection) => {
                    self.preferred.store(index, Ordering::Relaxed);
                    return Ok(connection);
                }
                Err(error) => failure = error,
            }
        }
        Err(failure)
    }

    fn pop(&self) -> Option<Idle> {
        self.idle().pop()
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Idle>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Idle {
    /// One that was used a moment ago is not asked.
    async fn works(&mut self) -> bool {
        if self.opened.elapsed() > LONGEST_LIFE {
            return false;
        }
        self.since.elapsed() < MOMENT || matches!(timeout(PING, self.connection.ping()).await, Ok(Ok(())))
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let places: Vec<_> = self.hosts.iter().map(|it| &it.place).collect();
        formatter
            .debug_struct("Pool")
            .field("hosts", &places)
            .field("health", &self.health)
            .finish_non_exhaustive()
    }
}

const MOST_CONNECTIONS: u32 = 1 << 10;
const PING: Duration = Duration::from_secs(1);
const MOMENT: Duration = Duration::from_millis(200);
const LONGEST_LIFE: Duration = Duration::from_mins(30);
const BETWEEN_ATTEMPTS: Duration = Duration::from_millis(50);
/// What the way to the database and a commit at its replicas may take beyond the work itself.
const GRACE: Duration = Duration::from_secs(2);
