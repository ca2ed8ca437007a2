use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use futures_util::StreamExt;
use mcp_message::mirrored::ToolParameters;
use tokio::io::AsyncWriteExt;
use tokio::process::{ChildStdin, ChildStdout};
use tokio::sync::{OnceCell, mpsc};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::codec::{AnyDelimiterCodec, AnyDelimiterCodecError, FramedRead};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::group::Group;
use super::mailbox::Incoming;
use super::process::Process;
use super::stderr::{self, Label};
use super::table::{Table, Ticket};
use crate::modern::Era;
use crate::slots::Slot;
use crate::{Bounds, StdioSettings, TenantEnd, Variable, envelope};

/// A child at work; its process ends when this is dropped everywhere, or is told to.
#[derive(Debug)]
pub(crate) struct Child {
    table: Arc<Mutex<Table>>,
    queue: mpsc::Sender<Bytes>,
    ends: CancellationToken,
    started: Instant,
    /// Set once its tools were listed.
    pub(crate) listed: OnceCell<()>,
}

/// What a child is started with.
#[derive(Debug)]
pub(crate) struct Start<'a> {
    pub(crate) settings: &'a StdioSettings,
    pub(crate) era: Era,
    pub(crate) is_shared: bool,
    /// Environment of the tenant.
    pub(crate) tenant: Vec<Variable>,
    /// The end of the tenant, which is the child's too.
    pub(crate) watch: Option<Box<dyn TenantEnd>>,
    pub(crate) slot: Slot,
    /// Cancelled when all children must end.
    pub(crate) ends: CancellationToken,
    pub(crate) tasks: &'a TaskTracker,
}

/// Why a child has ended, or ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ChildEnd {
    /// By itself.
    Exited,
    /// It wrote a line that is too long, or could not be read.
    Unreadable,
    /// Nobody used it.
    Idle,
    /// Its time was up.
    Life,
    /// Its tenant has ended.
    Tenant,
    /// It was told to.
    Told,
}

/// The half of a child that its own task has.
struct Served {
    server: String,
    pid: i32,
    table: Arc<Mutex<Table>>,
    ends: CancellationToken,
    bounds: Bounds,
    to_child: mpsc::WeakSender<Bytes>,
}

impl Child {
    /// Starts a child.
    ///
    /// # Errors
    /// What the operating system says; nothing is left then.
    pub(crate) fn start(start: Start<'_>) -> io::Result<Arc<Self>> {
        let Start { settings, era, is_shared, tenant, watch, slot, ends, tasks } = start;
        let process = Process::start(settings, &tenant)?;
        let bounds = settings.bounds.clone();
        let table = Arc::new(Mutex::new(Table::new(era, is_shared, 2 * bounds.message)));
        let (to_child, from_clients) = mpsc::channel(QUEUE);
        let pid = process.group.number();
        let served = Served {
            server: settings.server.clone(),
            pid,
            table: Arc::clone(&table),
            ends: ends.clone(),
            bounds,
            to_child: to_child.downgrade(),
        };
        let label = Label { server: settings.server.clone(), pid };
        let secrets = settings.environment.iter().chain(&tenant).map(|it| it.value.clone()).collect();
        let Process { group, stdin, stdout, stderr } = process;
        tracing::debug!(target: "stdio", server = settings.server, pid, "started");
        tasks.spawn(async move {
            let log = tokio::spawn(stderr::log(stderr, label, secrets));
            served.run(group, stdin, stdout, from_clients, watch).await;
            // What escaped the group may keep the pipe open; nobody listens to it any more.
            let _ = timeout(LAST_WORDS, log).await.map_err(drop);
            drop(slot);
        });
        Ok(Arc::new(Self { table, queue: to_child, ends, started: Instant::now(), listed: OnceCell::new() }))
    }

    /// Sends a request, which is `text` under the id that it is given.
    ///
    /// # Errors
    /// Why the child has ended.
    pub(crate) async fn request(
        self: &Arc<Self>,
        ticket: Ticket,
        text: impl FnOnce(u64) -> String,
    ) -> Result<(Attached, Incoming), ChildEnd> {
        let (number, incoming) = self.table().open(ticket)?;
        let attached = Attached { child: Arc::clone(self), waits_for: Some(number) };
        self.send(text(number)).await?;
        Ok((attached, incoming))
    }

    /// Opens the stream of an MCP session for what belongs to no request.
    ///
    /// # Errors
    /// Why the child has ended.
    pub(crate) fn listen(self: &Arc<Self>) -> Result<(Attached, Incoming), ChildEnd> {
        let (_, incoming) = self.table().listen()?;
        Ok((Attached { child: Arc::clone(self), waits_for: None }, incoming))
    }

    /// Sends a notification or a response.
    ///
    /// # Errors
    /// Why the child has ended.
    pub(crate) async fn tell(&self, text: String) -> Result<(), ChildEnd> {
        self.table().touch();
        self.send(text).await
    }

    /// Whether the child has asked its client something under `id`, and has not been answered yet.
    pub(crate) fn takes_answer_to(&self, id: &str) -> bool {
        self.table().asked.take(id).is_some()
    }

    /// The id that the child knows the request `id` of `principal` by, if exactly one is open.
    pub(crate) fn number_of(&self, id: &str, principal: &str) -> Option<u64> {
        let table = self.table();
        let mut numbers = table.open.iter().filter(|(_, it)| &*it.id == id && &*it.principal == principal);
        let (first, other) = (numbers.next().map(|(number, _)| *number), numbers.next());
        if other.is_some() { None } else { first }
    }

    /// Notes that the client has taken back the request `number`, which the child is yet to be told.
    pub(crate) fn cancel(&self, number: u64) {
        self.table().cancel(number);
    }

    /// What its tools say of headers that mirror their arguments, as far as they were listed.
    pub(crate) fn parameters(&self) -> Arc<ToolParameters> {
        Arc::clone(&self.table().parameters)
    }

    /// Ends it: its input first, then by signals.
    pub(crate) fn end(&self) {
        self.table().end(ChildEnd::Told);
        self.ends.cancel();
    }

    /// Why it has ended, if it has.
    pub(crate) fn ended(&self) -> Option<ChildEnd> {
        self.table().ended()
    }

    /// Whether nobody waits for anything of it.
    pub(crate) fn is_unattended(&self) -> bool {
        !self.table().is_attended()
    }

    /// When somebody used it last.
    pub(crate) fn last_used(&self) -> Instant {
        self.table().last_used
    }

    /// When it was started.
    pub(crate) const fn started(&self) -> Instant {
        self.started
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        lock(&self.table)
    }

    async fn send(&self, text: String) -> Result<(), ChildEnd> {
        let mut line = text.into_bytes();
        line.push(b'\n');
        let sent = self.queue.send(Bytes::from(line)).await;
        sent.map_err(|_| self.ended().unwrap_or(ChildEnd::Exited))
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.ends.cancel();
    }
}

/// A client that waits for something of a child.
#[derive(Debug)]
pub(crate) struct Attached {
    child: Arc<Child>,
    waits_for: Option<u64>,
}

impl Attached {
    /// Stops waiting, and tells the child so.
    pub(crate) fn give_up(&mut self) {
        let Some(number) = self.waits_for.take() else { return };
        if self.child.table().open.remove(&number).is_none() {
            return;
        }
        let child = Arc::clone(&self.child);
        // The queue may be full just now, and who drops a stream cannot wait.
        tokio::spawn(async move { child.send(envelope::cancelled(number)).await });
    }
}

impl Drop for Attached {
    fn drop(&mut self) {
        let cancels = self.child.table().era == Era::Modern;
        if cancels {
            self.give_up();
        } else if let Some(number) = self.waits_for {
            self.child.table().leave(number);
        }
        self.child.table().detach();
    }
}

impl Served {
    async fn run(
        self,
        group: Group,
        stdin: ChildStdin,
        stdout: ChildStdout,
        from_clients: mpsc::Receiver<Bytes>,
        watch: Option<Box<dyn TenantEnd>>,
    ) {
        let closed = CancellationToken::new();
        let writer = tokio::spawn(write(stdin, from_clients, closed.clone()));
        let end = self.serve(stdout, &group, watch).await;
        lock(&self.table).end(end);
        closed.cancel();
        let _ = writer.await;
        let status = wind_down(group, &self.bounds).await;
        let status = status.map(|it| it.to_string()).unwrap_or_default();
        match end {
            ChildEnd::Exited | ChildEnd::Unreadable => {
                tracing::warn!(target: "stdio", server = self.server, pid = self.pid, status, cause = ?end, "the MCP server failed");
            }
            ChildEnd::Idle | ChildEnd::Life | ChildEnd::Tenant | ChildEnd::Told => {
                tracing::debug!(target: "stdio", server = self.server, pid = self.pid, status, cause = ?end, "ended");
            }
        }
    }

    /// Gives what the child says to whom it belongs, until there is a reason to end.
    async fn serve(&self, stdout: ChildStdout, group: &Group, watch: Option<Box<dyn TenantEnd>>) -> ChildEnd {
        let codec = AnyDelimiterCodec::new_with_max_length(b"\n".to_vec(), Vec::new(), self.bounds.message);
        let mut output = FramedRead::new(stdout, codec);
        let last_hour = Instant::now() + self.bounds.life;
        let never = CancellationToken::new();
        let tenant_ends = watch.as_ref().map_or(&never, |it| it.token());
        let mut last_words: Option<Instant> = None;
        let (mut noise, mut taken) = (0_u64, 0_u64);
        loop {
            tokio::select! {
                biased;
                () = self.ends.cancelled() => return ChildEnd::Told,
                () = tenant_ends.cancelled() => return ChildEnd::Tenant,
                said = output.next() => match said {
                    Some(Ok(line)) => {
                        self.take(&line, &mut noise);
                        taken += 1;
                        if taken.is_multiple_of(LINES_OF_A_TURN) {
                            // A child that never stops talking must leave a turn to the others.
                            tokio::task::yield_now().await;
                        }
                    }
                    Some(Err(AnyDelimiterCodecError::MaxChunkLengthExceeded)) => return ChildEnd::Unreadable,
                    Some(Err(AnyDelimiterCodecError::Io(_))) | None => return ChildEnd::Exited,
                },
                () = group.ended(), if last_words.is_none() => {
                    last_words = Some(Instant::now() + self.bounds.grace);
                    // What it has written is still in the pipe; what it has started must not keep that open.
                    group.terminate();
                }
                () = sleep_until(last_words.unwrap_or(last_hour)), if last_words.is_some() => return ChildEnd::Exited,
                () = sleep_until(last_hour) => return ChildEnd::Life,
                () = self.idle() => return ChildEnd::Idle,
            }
        }
    }

    /// Resolves when nobody has used the child for too long.
    async fn idle(&self) {
        loop {
            let (last_used, attended) = {
                let table = lock(&self.table);
                (table.last_used, table.is_attended())
            };
            let now = Instant::now();
            let due = if attended { now } else { last_used } + self.bounds.idle;
            if due <= now {
                return;
            }
            sleep_until(due).await;
        }
    }

    fn take(&self, line: &[u8], noise: &mut u64) {
        let text = std::str::from_utf8(line).map(str::trim);
        if text == Ok("") {
            return;
        }
        let routed = text.map_err(drop).and_then(|it| lock(&self.table).route_line(it).map_err(drop));
        match routed {
            Ok(None) => {}
            Ok(Some(reply)) => {
                if let Some(sender) = self.to_child.upgrade() {
                    let _ = sender.try_send(Bytes::from(reply + "\n"));
                }
            }
            Err(()) => {
                *noise += 1;
                if noise.is_power_of_two() {
                    tracing::warn!(target: "stdio", server = self.server, pid = self.pid, lines = *noise, "stdout holds what is no message: logs belong on stderr");
                }
            }
        }
    }
}

/// Writes whole lines, one after the other, until nobody sends any or the child takes none.
async fn write(mut stdin: ChildStdin, mut lines: mpsc::Receiver<Bytes>, closed: CancellationToken) {
    loop {
        let line = tokio::select! {
            () = closed.cancelled() => return,
            line = lines.recv() => line,
        };
        let Some(line) = line else { return };
        let written = tokio::select! {
            () = closed.cancelled() => return,
            written = stdin.write_all(&line) => written,
        };
        if written.is_err() {
            return;
        }
    }
}

/// Its input has ended; then it is asked to end, then it is killed with all that it has started.
async fn wind_down(group: Group, bounds: &Bounds) -> Option<std::process::ExitStatus> {
    if timeout(bounds.grace, group.ended()).await.is_err() {
        group.terminate();
        let _ = timeout(bounds.grace, group.ended()).await;
    }
    group.kill().await
}

fn lock(table: &Mutex<Table>) -> MutexGuard<'_, Table> {
    table.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Lines that are taken of a child before others have their turn: one alone would cost a child of many callers a round
/// of all other work for each message.
const LINES_OF_A_TURN: u64 = 64;
/// Messages that wait for a child to take them.
const QUEUE: usize = 16;
/// How long after its end the stderr of a child is read.
const LAST_WORDS: std::time::Duration = std::time::Duration::from_millis(500);
