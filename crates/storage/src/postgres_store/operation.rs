//! What can be asked of the database; each is one statement, or one and a look at why it did nothing.

use async_trait::async_trait;
use oauth_types::UnixTime;
use sqlx::{PgConnection, postgres::PgArguments, query::Query};

use super::{failure::Failure, row, statements::Statements};
use crate::{ChosenRevision, Key, Record, StoreError, Swept, Table, Versioned};

/// One method of the store.
#[async_trait]
pub(super) trait Operation: Send + Sync + 'static {
    type Answer: Send + 'static;

    /// Whether it may have changed something when nobody knows what became of it.
    const CHANGES: bool;

    async fn run(&self, connection: &mut PgConnection, sql: &Statements) -> Result<Self::Answer, Failure>;
}

/// Where a record is.
pub(super) struct Place {
    table: Table,
    key: Key,
}

impl Place {
    pub(super) fn new(table: Table, key: &Key) -> Self {
        Self { table, key: key.clone() }
    }
}

/// What is to be there.
pub(super) struct Row {
    pub(super) record: Record,
    /// Its number, if the writer has chosen one.
    pub(super) revision: Option<ChosenRevision>,
}

pub(super) struct InsertNew(pub(super) Place, pub(super) Row);

#[async_trait]
impl Operation for InsertNew {
    type Answer = bool;
    const CHANGES: bool = true;

    async fn run(&self, connection: &mut PgConnection, sql: &Statements) -> Result<bool, Failure> {
        let done = written(sql.insert_new, &self.0, &self.1).execute(connection).await?;
        Ok(done.rows_affected() > 0)
    }
}

pub(super) struct Get(pub(super) Place);

#[async_trait]
impl Operation for Get {
    type Answer = Option<Versioned>;
    const CHANGES: bool = false;

    async fn run(&self, connection: &mut PgConnection, sql: &Statements) -> Result<Self::Answer, Failure> {
        let found = at(sql.get, &self.0).fetch_optional(connection).await?;
        found.map(|it| row::versioned(self.0.table, &it, 0)).transpose()
    }
}

pub(super) struct Take(pub(super) Place);

#[async_trait]
impl Operation for Take {
    type Answer = Option<Versioned>;
    const CHANGES: bool = true;

    async fn run(&self, connection: &mut PgConnection, sql: &Statements) -> Result<Self::Answer, Failure> {
        let known = i32::from(self.0.table.format());
        let taken = at(sql.take, &self.0).bind(known).fetch_optional(&mut *connection).await?;
        match taken {
            Some(taken) => row::versioned(self.0.table, &taken, 0).map(Some),
            None => look_for_newer(connection, sql, &self.0).await.map(|()| None),
        }
    }
}

pub(super) struct CompareAndSwap(pub(super) Place, pub(super) u64, pub(super) Row);

#[async_trait]
impl Operation for CompareAndSwap {
    type Answer = bool;
    const CHANGES: bool = true;

    async fn run(&self, connection: &mut PgConnection, sql: &Statements) -> Result<bool, Failure> {
        let Self(place, expected, row) = self;
        if let Ok(expected) = i64::try_from(*expected) {
            let known = i32::from(place.table.format());
            let swap = written(sql.swap, place, row).bind(known).bind(expected);
            if swap.execute(&mut *connection).await?.rows_affected() > 0 {
                return Ok(true);
            }
        }
        look_for_newer(connection, sql, place).await.map(|()| false)
    }
}

pub(super) struct Put(pub(super) Place, pub(super) Row);

#[async_trait]
impl Operation for Put {
    type Answer = ();
    const CHANGES: bool = true;

    async fn run(&self, connection: &mut PgConnection, sql: &Statements) -> Result<(), Failure> {
        let known = i32::from(self.0.table.format());
        let put = written(sql.put, &self.0, &self.1).bind(known);
        if put.execute(&mut *connection).await?.rows_affected() > 0 {
            return Ok(());
        }
        look_for_newer(connection, sql, &self.0).await?;
        Err(Failure::Conflict("the record was newer, and is not any more".to_owned()))
    }
}

pub(super) struct Remove(pub(super) Place);

#[async_trait]
impl Operation for Remove {
    type Answer = bool;
    const CHANGES: bool = true;

    async fn run(&self, connection: &mut PgConnection, sql: &Statements) -> Result<bool, Failure> {
        Ok(at(sql.remove, &self.0).execute(connection).await?.rows_affected() > 0)
    }
}

/// The keys from `from` on and below `to`.
pub(super) struct Scan {
    table: Table,
    from: Vec<u8>,
    to: Vec<u8>,
    limit: usize,
}

impl Scan {
    pub(super) fn new(table: Table, prefix: &[u8], after: Option<&Key>, limit: usize) -> Self {
        let mut from = prefix.to_vec();
        if let Some(after) = after.map(Key::as_bytes).filter(|it| *it >= prefix) {
            // Nothing lies between a key and the same with a zero behind it.
            from = [after, &[0]].concat();
        }
        Self { table, from, to: end_of(prefix), limit }
    }
}

#[async_trait]
impl Operation for Scan {
    type Answer = Vec<(Key, Versioned)>;
    const CHANGES: bool = false;

    async fn run(&self, connection: &mut PgConnection, sql: &Statements) -> Result<Self::Answer, Failure> {
        let scan = sqlx::query(sql.scan)
            .bind(self.table.name())
            .bind(self.from.as_slice())
            .bind(self.to.as_slice())
            .bind(count(self.limit));
        let rows = scan.fetch_all(connection).await?;
        rows.iter().map(|it| row::with_key(self.table, it, 0)).collect()
    }
}

pub(super) struct DeleteByOwner(pub(super) Key);

#[async_trait]
impl Operation for DeleteByOwner {
    type Answer = usize;
    const CHANGES: bool = true;

    async fn run(&self, connection: &mut PgConnection, sql: &Statements) -> Result<usize, Failure> {
        let deletion = sqlx::query(sql.delete_by_owner).bind(self.0.as_bytes());
        let deleted = deletion.execute(connection).await?.rows_affected();
        Ok(usize::try_from(deleted).unwrap_or(usize::MAX))
    }
}

pub(super) struct Sweep(pub(super) UnixTime, pub(super) usize);

#[async_trait]
impl Operation for Sweep {
    type Answer = Vec<Swept>;
    const CHANGES: bool = true;

    async fn run(&self, connection: &mut PgConnection, sql: &Statements) -> Result<Vec<Swept>, Failure> {
        let sweep = sqlx::query(sql.sweep).bind(row::time(self.0)).bind(count(self.1));
        let rows = sweep.fetch_all(connection).await?;
        let mut swept = rows.iter().map(row::swept).collect::<Result<Vec<_>, _>>()?;
        swept.sort_by(|(one, left), (other, right)| {
            (one, &left.table, &left.key).cmp(&(other, &right.table, &right.key))
        });
        Ok(swept.into_iter().map(|(_, it)| it).collect())
    }
}

type Statement<'a> = Query<'a, sqlx::Postgres, PgArguments>;

fn at<'a>(sql: &'static str, place: &'a Place) -> Statement<'a> {
    sqlx::query(sql).bind(place.table.name()).bind(place.key.as_bytes())
}

fn written<'a>(sql: &'static str, place: &'a Place, row: &'a Row) -> Statement<'a> {
    let Row { record, revision } = row;
    at(sql, place)
        .bind(row::time(record.expires_at))
        .bind(record.owner.as_ref().map(Key::as_bytes))
        .bind(i32::from(record.format))
        .bind(record.body.as_slice())
        .bind(revision.map(|it| it.number().cast_signed()))
}

/// Why a change did nothing: because a newer program has written the record, or because the record is not there.
async fn look_for_newer(
    connection: &mut PgConnection,
    sql: &Statements,
    place: &Place,
) -> Result<(), Failure> {
    let found: Option<i32> = sqlx::query_scalar(sql.format)
        .bind(place.table.name())
        .bind(place.key.as_bytes())
        .fetch_optional(connection)
        .await?;
    let Some(found) = found else { return Ok(()) };
    let refusal: Result<(), StoreError> = place.table.check_format(row::parse_format(place.table, found)?);
    refusal.map_err(Failure::Answer)
}

/// What is above every key that begins with `prefix`, and above nothing else.
fn end_of(prefix: &[u8]) -> Vec<u8> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if let Some(next) = last.checked_add(1) {
            end.push(next);
            return end;
        }
    }
    vec![u8::MAX; Key::MAX_LEN + 1]
}

fn count(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}
