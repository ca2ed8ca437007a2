//! What the clones of a store share, and how an operation comes to its end.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use tokio::time::{sleep, timeout};

use super::{
    connect_error::ConnectError, failure::Failure, follow::Follower, operation::Operation, pool::Pool,
    statements::Statements,
};
use crate::{Changes, Position, StoreError, Table};

#[derive(Debug)]
pub(super) struct Shared {
    pub(super) pool: Pool,
    follower: Follower,
}

/// What to do after an attempt.
enum Next<T> {
    Answer(Result<T, StoreError>),
    Repeat(String),
}

impl Shared {
    pub(super) fn new(pool: Pool) -> Self {
        Self { pool, follower: Follower::default() }
    }

    /// Runs the operation to its end, also if nobody waits for that any more.
    pub(super) async fn run<O: Operation>(
        this: &Arc<Self>,
        sql: &'static Statements,
        operation: O,
    ) -> Result<O::Answer, StoreError> {
        let its = Arc::clone(this);
        let running = tokio::spawn(async move { its.perform(sql, &operation).await });
        running.await.unwrap_or_else(|_| Err(unknown::<O>("the operation was broken off".to_owned())))
    }

    /// The same for the feed, which has its own connection.
    pub(super) async fn follow(
        this: &Arc<Self>,
        sql: &'static Statements,
        asked: Option<(Table, Position)>,
    ) -> Result<Changes, StoreError> {
        let its = Arc::clone(this);
        let running = tokio::spawn(async move {
            match its.follower.ask(&its.pool, sql, asked).await {
                Ok(changes) => Ok(its.heard(changes)),
                Err(Failure::Answer(error)) => Err(its.heard(error)),
                Err(Failure::Conflict(reason) | Failure::Refused(reason) | Failure::Lost(reason)) => {
                    Err(its.missed(reason))
                }
            }
        });
        let broken = |_| Err(StoreError::Unavailable("the operation was broken off".to_owned()));
        running.await.unwrap_or_else(broken)
    }

    pub(super) fn check(&self) -> Result<(), StoreError> {
        self.pool.health.check()
    }

    pub(super) async fn close(&self) {
        self.pool.close().await;
        self.follower.close().await;
    }

    async fn perform<O: Operation>(
        self: &Arc<Self>,
        sql: &Statements,
        operation: &O,
    ) -> Result<O::Answer, StoreError> {
        let mut reason = String::new();
        for attempt in 0..ATTEMPTS {
            match self.attempt(sql, operation, attempt).await {
                Next::Answer(answer) => return answer,
                Next::Repeat(why) => reason = why,
            }
            sleep(PAUSE * attempt * attempt).await;
        }
        Err(StoreError::Unavailable(reason))
    }

    async fn attempt<O: Operation>(
        self: &Arc<Self>,
        sql: &Statements,
        operation: &O,
        attempt: u32,
    ) -> Next<O::Answer> {
        let mut loan = match self.pool.acquire().await {
            Ok(loan) => loan,
            Err(error @ (ConnectError::Busy | ConnectError::Closed)) => {
                return Next::Answer(Err(StoreError::Unavailable(error.to_string())));
            }
            Err(error) => return Next::Answer(Err(self.missed(error.to_string()))),
        };
        let outcome = timeout(self.pool.longest_answer(), operation.run(&mut loan.connection, sql)).await;
        match outcome.unwrap_or_else(|_| Err(Failure::Lost("no answer in time".to_owned()))) {
            Ok(answer) => {
                self.pool.give_back(loan);
                Next::Answer(Ok(self.heard(answer)))
            }
            Err(Failure::Answer(error)) => {
                self.pool.give_back(loan);
                Next::Answer(Err(self.heard(error)))
            }
            Err(Failure::Conflict(reason)) => {
                self.pool.give_back(loan);
                Next::Repeat(reason)
            }
            Err(failure) => {
                drop(loan);
                self.pool.forget_idle();
                self.broken::<O>(failure, attempt)
            }
        }
    }

    /// Once it is worth while to look for a connection that works, if nothing can have happened.
    fn broken<O: Operation>(self: &Arc<Self>, failure: Failure, attempt: u32) -> Next<O::Answer> {
        match failure {
            Failure::Lost(reason) if O::CHANGES => {
                self.missed(reason.clone());
                Next::Answer(Err(StoreError::Io(reason)))
            }
            Failure::Answer(error) => Next::Answer(Err(error)),
            Failure::Lost(reason) | Failure::Refused(reason) | Failure::Conflict(reason) if attempt == 0 => {
                Next::Repeat(reason)
            }
            Failure::Lost(reason) | Failure::Refused(reason) | Failure::Conflict(reason) => {
                Next::Answer(Err(self.missed(reason)))
            }
        }
    }

    /// The database has answered, whatever it was.
    fn heard<T>(&self, answer: T) -> T {
        if self.pool.health.recover() {
            tracing::info!("the database answers again");
        }
        answer
    }

    /// It has not; from now on it is asked again and again, also if nobody else does.
    fn missed(self: &Arc<Self>, reason: String) -> StoreError {
        if self.pool.health.fail(&reason) {
            tracing::error!(%reason, "the database cannot be used");
            tokio::spawn(probe(Arc::downgrade(self)));
        }
        StoreError::Unavailable(reason)
    }
}

async fn probe(shared: Weak<Shared>) {
    loop {
        sleep(BETWEEN_PROBES).await;
        let Some(shared) = shared.upgrade() else { return };
        match shared.pool.acquire().await {
            Ok(loan) => {
                shared.pool.give_back(loan);
                shared.heard(());
                return;
            }
            Err(ConnectError::Closed) => return,
            Err(_) if shared.pool.health.has_failed() => {}
            Err(_) => return,
        }
    }
}

fn unknown<O: Operation>(reason: String) -> StoreError {
    if O::CHANGES { StoreError::Io(reason) } else { StoreError::Unavailable(reason) }
}

/// How often others may be in the way.
const ATTEMPTS: u32 = 10;
const PAUSE: Duration = Duration::from_millis(2);
const BETWEEN_PROBES: Duration = Duration::from_secs(1);
