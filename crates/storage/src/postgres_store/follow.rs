//! What other processes have written, by the numbers of their transactions.
//!
//! Each row has the number of the transaction that left it so, and a position stands for the transactions that had come
//! to their end then (a snapshot): told is what others left, in whatever order they end, and however long some
//! transaction of anybody stays open. Notifications would be lost with a connection.
//!
//! Numbers that were handed out but left no trace are handed out again after a crash, and by a standby that takes
//! over. So a position is good for the connection only on which it was taken, which outlives neither.

use std::{
    collections::VecDeque,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use oauth_types::UnixTime;
use sqlx::{PgConnection, Row};
use tokio::{sync::Mutex, time::timeout};

use super::{
    connect_error::ConnectError,
    failure::Failure,
    operation::{Operation, Scan},
    pool::Pool,
    row,
    statements::{NOW, Statements},
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
    /// The last positions, and what each stands for; more than one, since whoever asked may not have waited for it.
    positions: VecDeque<(Position, String)>,
}

/// What the database says of itself with every answer.
struct Now {
    snapshot: String,
    clock: UnixTime,
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
        Ok(Self { number, connection, positions: VecDeque::new() })
    }

    async fn ask(
        &mut self,
        longest: Duration,
        sql: &Statements,
        asked: Option<(Table, Position)>,
    ) -> Result<Changes, Failure> {
        let Some((table, since)) = asked else {
            let Now { snapshot, clock } = in_time(longest, self.now()).await?;
            return Ok(Changes { records: Vec::new(), position: self.take(snapshot), clock: Some(clock) });
        };
        let known = self.positions.iter().find(|(it, _)| *it == since).map(|(_, snapshot)| snapshot.clone());
        match known {
            Some(snapshot) => in_time(longest, self.changes(sql, table, &snapshot)).await,
            None => self.everything(longest, sql, table).await,
        }
    }

    async fn now(&mut self) -> Result<Now, Failure> {
        let row = sqlx::query(NOW).fetch_one(&mut self.connection).await?;
        Ok(Now { snapshot: row.try_get(0)?, clock: row::of_unix(row.try_get(1)?) })
    }

    /// Of a position that is not known here, everything: page by page, for all of it can take longer than one answer
    /// may. What is written meanwhile comes after the position.
    async fn everything(
        &mut self,
        longest: Duration,
        sql: &Statements,
        table: Table,
    ) -> Result<Changes, Failure> {
        let Now { snapshot, .. } = in_time(longest, self.now()).await?;
        let mut records: Vec<(Key, Versioned)> = Vec::new();
        loop {
            let page = Scan::new(table, &[], records.last().map(|(key, _)| key), PAGE);
            let page = in_time(longest, page.run(&mut self.connection, sql)).await?;
            let is_last = page.len() < PAGE;
            records.extend(page);
            if is_last {
                let clock = in_time(longest, self.now()).await?.clock;
                return Ok(Changes { records, position: self.take(snapshot), clock: Some(clock) });
            }
        }
    }

    /// What transactions left that had not come to their end at `since`.
    async fn changes(&mut self, sql: &Statements, table: Table, since: &str) -> Result<Changes, Failure> {
        let changes = sqlx::query(sql.changes).bind(table.name()).bind(since);
        let rows = changes.fetch_all(&mut self.connection).await?;
        let first = rows.first().ok_or_else(|| Failure::corrupt("the database has no answer"))?;
        let now = Now { snapshot: first.try_get(0)?, clock: row::of_unix(first.try_get(1)?) };
        // Without changes there is one row, which has the snapshot and the clock only.
        let mut records = Vec::with_capacity(rows.len());
        for found in &rows {
            if found.try_get::<Option<&[u8]>, _>(2)?.is_some() {
                records.push(row::with_key(table, found, 2)?);
            }
        }
        Ok(Changes { records, position: self.take(now.snapshot), clock: Some(now.clock) })
    }

    /// The next position.
    fn take(&mut self, snapshot: String) -> Position {
        let first = Position(u64::from(self.number) << POSITION_BITS);
        let Position(last) = self.positions.back().map_or(first, |(it, _)| *it);
        let next = Position(last + 1);
        self.positions.push_back((next, snapshot));
        if self.positions.len() > KEPT {
            self.positions.pop_front();
        }
        next
    }
}

async fn in_time<T>(longest: Duration, work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let answer = timeout(longest, work).await;
    answer.unwrap_or_else(|_| Err(Failure::Lost("no answer in time".to_owned())))
}

/// Positions of another store of this process are foreign ones, too.
static SESSIONS: AtomicU32 = AtomicU32::new(1);
/// One each microsecond for half a year, on one connection.
const POSITION_BITS: u32 = 44;
const SESSION_BITS: u32 = 20;
/// Positions.
const KEPT: usize = 16;
const PAGE: usize = 1024;
