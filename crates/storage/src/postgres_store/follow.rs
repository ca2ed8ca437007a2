//! What other processes have written, by the numbers of their transactions.
//!
//! Each row has the number of the transaction that left it so, and a position is the lowest number that was under way
//! then: whoever ends later has that number or a higher one. Notifications would be lost with a connection.
//!
//! Numbers that were handed out but left no trace are handed out again after a crash, and by a standby that takes
//! over. So a position is good for the connection only on which it was taken, which outlives neither.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use sqlx::{PgConnection, Row};
use tokio::{sync::Mutex, time::timeout};

use super::{
    connect_error::ConnectError,
    failure::Failure,
    operation::{Operation, Scan},
    pool::Pool,
    row,
    statements::{POSITION, Statements},
};
use crate::{Changes, Key, Position, StoreError, Table, Versioned};

/// The connection that asks.
#[derive(Debug, Default)]
pub(super) struct Follower(Mutex<Option<Session>>);

#[derive(Debug)]
struct Session {
    /// No other session of this process has it.
    number: u32,
    connection: PgConnection,
}

impl Follower {
    /// The changes of `table` since then; without a table, where the feed is now.
    pub(super) async fn ask(
        &self,
        pool: &Pool,
        sql: &Statements,
        asked: Option<(Table, Position)>,
    ) -> Result<Changes, Failure> {
        let mut held = self.0.lock().await;
        // A connection that was good the last time may have ended since; a new one is good or there is none.
        for last in [false, true] {
            let mut session = match held.take() {
                Some(session) => session,
                None => Session::open(pool).await?,
            };
            match session.ask(pool.longest_answer(), sql, asked).await {
                Err(Failure::Lost(_) | Failure::Refused(_)) if !last => {}
                Err(error @ (Failure::Lost(_) | Failure::Refused(_))) => return Err(error),
                other => {
                    *held = Some(session);
                    return other;
                }
            }
        }
        Err(Failure::Lost("no answer".to_owned()))
    }

    pub(super) async fn close(&self) {
        *self.0.lock().await = None;
    }
}

impl Session {
    async fn open(pool: &Pool) -> Result<Self, Failure> {
        let connection = pool.connect().await.map_err(|error| match error {
            ConnectError::Closed => Failure::Answer(StoreError::Unavailable(error.to_string())),
            _ => Failure::Refused(error.to_string()),
        })?;
        let number = SESSIONS.fetch_add(1, Ordering::Relaxed) % (1 << SESSION_BITS);
        Ok(Self { number, connection })
    }

    async fn ask(
        &mut self,
        longest: Duration,
        sql: &Statements,
        asked: Option<(Table, Position)>,
    ) -> Result<Changes, Failure> {
        let Some((table, since)) = asked else {
            let position = in_time(longest, self.now()).await?;
            return Ok(Changes { records: Vec::new(), position });
        };
        let since = self.transaction(since);
        if since > 0 {
            let (found, changes) = in_time(longest, self.changes(sql, table, since)).await?;
            if found >= since {
                return Ok(changes);
            }
        }
        self.everything(longest, sql, table).await
    }

    async fn now(&mut self) -> Result<Position, Failure> {
        let now = sqlx::query_scalar(POSITION).fetch_one(&mut self.connection).await?;
        self.position(now)
    }

    /// Of a position that this database never had, everything: page by page, for all of it can take longer than one
    /// answer may. What is written meanwhile comes after the position.
    async fn everything(
        &mut self,
        longest: Duration,
        sql: &Statements,
        table: Table,
    ) -> Result<Changes, Failure> {
        let position = in_time(longest, self.now()).await?;
        let mut records: Vec<(Key, Versioned)> = Vec::new();
        loop {
            let page = Scan::new(table, &[], records.last().map(|(key, _)| key), PAGE);
            let page = in_time(longest, page.run(&mut self.connection, sql)).await?;
            let is_last = page.len() < PAGE;
            records.extend(page);
            if is_last {
                return Ok(Changes { records, position });
            }
        }
    }

    /// What was written by this transaction and later ones, after the first one that has not ended.
    async fn changes(
        &mut self,
        sql: &Statements,
        table: Table,
        since: i64,
    ) -> Result<(i64, Changes), Failure> {
        let changes = sqlx::query(sql.changes).bind(table.name()).bind(since);
        let rows = changes.fetch_all(&mut self.connection).await?;
        let first = rows.first().ok_or_else(|| Failure::corrupt("the database has no answer"))?;
        let now = first.try_get(0)?;
        // Without changes there is one row, which has the position only.
        let mut records = Vec::with_capacity(rows.len());
        for found in &rows {
            if found.try_get::<Option<&[u8]>, _>(1)?.is_some() {
                records.push(row::with_key(table, found, 1)?);
            }
        }
        Ok((now, Changes { records, position: self.position(now)? }))
    }

    /// Beyond the highest number that fits, every position means everything there is.
    fn position(&self, transaction: i64) -> Result<Position, Failure> {
        let transaction = u64::try_from(transaction)
            .map_err(|_| Failure::corrupt("a transaction has a negative number"))?;
        let fitting = if transaction < 1 << TRANSACTION_BITS { transaction } else { 0 };
        Ok(Position(u64::from(self.number) << TRANSACTION_BITS | fitting))
    }

    /// The transaction from which on to tell; of a position of another session, everything.
    fn transaction(&self, since: Position) -> i64 {
        let Position(since) = since;
        if since >> TRANSACTION_BITS == u64::from(self.number) {
            (since & ((1 << TRANSACTION_BITS) - 1)).cast_signed()
        } else {
            0
        }
    }
}

async fn in_time<T>(longest: Duration, work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let answer = timeout(longest, work).await;
    answer.unwrap_or_else(|_| Err(Failure::Lost("no answer in time".to_owned())))
}

/// Positions of another store of this process are foreign ones, too.
static SESSIONS: AtomicU32 = AtomicU32::new(1);
const TRANSACTION_BITS: u32 = 44;
const SESSION_BITS: u32 = 20;
const PAGE: usize = 1024;
