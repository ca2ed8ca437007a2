//! The one thread that writes.
//!
//! While a commit is on its way to the disk, the changes that arrive gather in the queue; the next commit takes them all.
//! Each sees what the earlier ones of the same commit did, and none is answered before the commit is durable.

use std::{
    io,
    panic::{self, AssertUnwindSafe},
    sync::Arc,
    thread::{self, JoinHandle},
};

use redb::Database;
use tokio::sync::{
    mpsc::{self, error::TryRecvError},
    oneshot,
};

use super::{
    health::Health,
    reopen::{Attempt, Reopener},
    rows::{RedbRows, Revisions},
    schema,
    slot::Slot,
};
use crate::{StoreError, rows::Rows};

/// The way to the thread. Dropping it lets the thread finish what was asked, and waits for that.
#[derive(Debug)]
pub(super) struct Writer {
    queue: Option<mpsc::Sender<Box<dyn Job>>>,
    thread: Option<JoinHandle<()>>,
    health: Arc<Health>,
}

impl Writer {
    pub(super) fn start(
        slot: Arc<Slot>,
        revisions: Revisions,
        health: Arc<Health>,
        reopener: Reopener,
    ) -> io::Result<Self> {
        let (queue, jobs) = mpsc::channel(QUEUE);
        let work = Work { slot, jobs, revisions, health: Arc::clone(&health), reopener };
        let thread = thread::Builder::new().name("storage-writer".to_owned()).spawn(move || work.run())?;
        Ok(Self { queue: Some(queue), thread: Some(thread), health })
    }

    /// Tells the thread that a reader has failed.
    pub(super) fn wake(&self) {
        // A full queue keeps the thread awake anyway.
        let _ = self.queue.as_ref().map(|it| it.try_send(Box::new(Nothing)));
    }

    /// Makes `change` part of the next commit, and answers once that is durable.
    pub(super) async fn change<T, F>(&self, change: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut dyn Rows) -> Result<T, StoreError> + Send + 'static,
    {
        self.health.check()?;
        let (reply, answer) = oneshot::channel();
        let job = Box::new(Asked { change: Some(change), outcome: None, reply });
        let queue = self.queue.as_ref().ok_or_else(|| self.health.unavailable())?;
        queue.send(job).await.map_err(|_| self.health.unavailable())?;
        if self.health.has_failed() {
            // It may wait for its next attempt, and would answer after that.
            self.unpark();
        }
        answer.await.unwrap_or_else(|_| Err(StoreError::Io("the writer has stopped".to_owned())))
    }
}

impl Writer {
    fn unpark(&self) {
        if let Some(thread) = &self.thread {
            thread.thread().unpark();
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.queue = None;
        self.unpark();
        if let Some(thread) = self.thread.take() {
            // The thread catches its panics.
            let _ = thread.join();
        }
    }
}

/// One change somebody waits for, whatever the type of its answer.
trait Job: Send {
    fn apply(&mut self, rows: &mut dyn Rows);
    fn answer(self: Box<Self>, committed: Result<(), StoreError>);
}

/// What only wakes the thread.
struct Nothing;

impl Job for Nothing {
    fn apply(&mut self, _: &mut dyn Rows) {}
    fn answer(self: Box<Self>, _: Result<(), StoreError>) {}
}

struct Asked<T, F> {
    change: Option<F>,
    outcome: Option<Result<T, StoreError>>,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

impl<T, F> Job for Asked<T, F>
where
    T: Send,
    F: FnOnce(&mut dyn Rows) -> Result<T, StoreError> + Send,
{
    fn apply(&mut self, rows: &mut dyn Rows) {
        self.outcome = self.change.take().map(|change| change(rows));
    }

    fn answer(self: Box<Self>, committed: Result<(), StoreError>) {
        let outcome = self.outcome.unwrap_or_else(|| Err(StoreError::Io("never applied".to_owned())));
        // Who asked may have gone: then nobody wants the answer.
        let _ = self.reply.send(committed.and(outcome));
    }
}

/// What the thread has.
struct Work {
    slot: Arc<Slot>,
    jobs: mpsc::Receiver<Box<dyn Job>>,
    revisions: Revisions,
    health: Arc<Health>,
    reopener: Reopener,
}

impl Work {
    fn run(mut self) {
        while let Some(first) = self.jobs.blocking_recv() {
            match self.slot.database().filter(|_| !self.health.has_failed()) {
                Some(db) => self.serve(&db, first),
                None => first.answer(Err(self.health.unavailable())),
            }
            if self.health.has_failed() && !self.open_anew() {
                return;
            }
        }
    }

    fn serve(&mut self, db: &Database, first: Box<dyn Job>) {
        let mut batch = gather(first, &mut self.jobs);
        let committed = commit_or_say_why(db, &mut batch, &mut self.revisions);
        match &committed {
            Ok(true) => self.health.count_commit(batch.len()),
            Ok(false) => {}
            Err(reason) => self.health.fail(reason),
        }
        for job in batch {
            job.answer(committed.clone().map(drop).map_err(StoreError::Io));
        }
    }

    /// Refuses whatever arrives until the database is open anew; `false` means that it never will be.
    fn open_anew(&mut self) -> bool {
        tracing::error!(reason = %self.health.unavailable(), "the store has failed and refuses everything");
        let mut said = None;
        loop {
            if !self.refuse_waiting() {
                return false;
            }
            match self.reopener.attempt(&self.slot) {
                Ok(revisions) => {
                    self.revisions = revisions;
                    self.health.recover();
                    tracing::info!("the store was opened anew and can be used again");
                    return true;
                }
                Err(Attempt::NotYet(None)) => thread::park(),
                Err(Attempt::NotYet(Some(wait))) => thread::park_timeout(wait),
                Err(Attempt::Failed(reason)) if said.as_ref() == Some(&reason) => {}
                Err(Attempt::Failed(reason)) => {
                    tracing::warn!(%reason, "the store cannot be used yet");
                    said = Some(reason);
                }
            }
        }
    }

    /// Answers those who are in the queue while the store cannot be used: of theirs nothing was done. `false` means
    /// that nobody will ask any more.
    fn refuse_waiting(&mut self) -> bool {
        loop {
            match self.jobs.try_recv() {
                Ok(job) => job.answer(Err(self.health.unavailable())),
                Err(TryRecvError::Empty) => return true,
                Err(TryRecvError::Disconnected) => return false,
            }
        }
    }
}

/// A panic is a failure like any other: those who wait get an answer, and the store ends.
fn commit_or_say_why(
    db: &Database,
    batch: &mut [Box<dyn Job>],
    revisions: &mut Revisions,
) -> Result<bool, String> {
    let outcome = panic::catch_unwind(AssertUnwindSafe(|| commit(db, batch, revisions)));
    match outcome {
        Ok(committed) => committed.map_err(|error| error.to_string()),
        Err(_) => Err("the writer panicked".to_owned()),
    }
}

fn gather(first: Box<dyn Job>, jobs: &mut mpsc::Receiver<Box<dyn Job>>) -> Vec<Box<dyn Job>> {
    let mut batch = vec![first];
    while batch.len() < BATCH
        && let Ok(job) = jobs.try_recv()
    {
        batch.push(job);
    }
    batch
}

/// `false` means that the batch changed nothing, so that there was nothing to commit.
fn commit(db: &Database, batch: &mut [Box<dyn Job>], revisions: &mut Revisions) -> Result<bool, redb::Error> {
    let transaction = schema::begin_write(db)?;
    let mut rows = RedbRows::open(&transaction, revisions)?;
    for job in batch {
        job.apply(&mut rows);
    }
    let changed = rows.finish()?;
    if changed {
        transaction.commit()?;
    } else {
        transaction.abort()?;
    }
    Ok(changed)
}

/// How many changes may wait; more wait for room.
const QUEUE: usize = 1024;
/// The most changes of one commit, so that none waits for ever behind others.
const BATCH: usize = 1024;
