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
use tokio::sync::{mpsc, oneshot};

use super::{
    health::Health,
    rows::{RedbRows, Revisions},
    schema,
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
    pub(super) fn start(db: Arc<Database>, revisions: Revisions, health: Arc<Health>) -> io::Result<Self> {
        let (queue, jobs) = mpsc::channel(QUEUE);
        let its_health = Arc::clone(&health);
        let thread = thread::Builder::new()
            .name("storage-writer".to_owned())
            .spawn(move || run(&db, jobs, revisions, &its_health))?;
        Ok(Self { queue: Some(queue), thread: Some(thread), health })
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
        answer.await.unwrap_or_else(|_| Err(StoreError::Io("the writer has stopped".to_owned())))
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.queue = None;
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

fn run(db: &Database, mut jobs: mpsc::Receiver<Box<dyn Job>>, mut revisions: Revisions, health: &Health) {
    while let Some(first) = jobs.blocking_recv() {
        let mut batch = gather(first, &mut jobs);
        let committed = commit_or_say_why(db, &mut batch, &mut revisions);
        match &committed {
            Ok(true) => health.count_commit(batch.len()),
            Ok(false) => {}
            Err(reason) => health.fail(reason),
        }
        for job in batch {
            job.answer(committed.clone().map(drop).map_err(StoreError::Io));
        }
        if committed.is_err() {
            refuse(jobs, health);
            return;
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

/// Answers those who were in the queue when the store failed: of theirs nothing was done.
fn refuse(mut jobs: mpsc::Receiver<Box<dyn Job>>, health: &Health) {
    jobs.close();
    while let Some(job) = jobs.blocking_recv() {
        job.answer(Err(health.unavailable()));
    }
}

/// How many changes may wait; more wait for room.
const QUEUE: usize = 1024;
/// The most changes of one commit, so that none waits for ever behind others.
const BATCH: usize = 1024;
