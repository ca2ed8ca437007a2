//! Where log lines go: lines of requests wait a moment for each other, all others are written at once.

use std::{
    io::{self, Write},
    mem,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use super::timestamp;

/// A stream that takes whole lines in the order in which they come.
///
/// The line of a request is written at once when none was written for [`PAUSE`]; otherwise it waits until that has
/// passed, so that a busy process does not call the system for each. No line is ever given up: whoever finds
/// [`MOST_WAITING`] bytes writes them itself, however long the reader takes, and so does the end of the process.
/// A process that is killed loses what waits.
pub(super) struct Output<W> {
    /// Locked before `waiting` by whoever locks both, so that lines stay in order.
    sink: Mutex<Sink<W>>,
    waiting: Mutex<Waiting>,
    /// Told when the first line begins to wait.
    begun: Condvar,
}

struct Sink<W> {
    stream: W,
    /// The room for waiting lines that is not in use.
    spare: Vec<u8>,
}

struct Waiting {
    lines: Vec<u8>,
    /// When lines were last written, by the clock of the timestamps; set back, it makes lines wait as long as ever.
    written: Duration,
    /// Nobody would write what waits.
    has_no_writer: bool,
}

/// Writes what waits when it is dropped, at the end of the process.
#[must_use]
pub(crate) struct Rest(Arc<Output<io::Stderr>>);

impl Drop for Rest {
    fn drop(&mut self) {
        self.0.write_waiting();
    }
}

/// Standard error, with a thread of its own for what waits, and what sees to the rest.
pub(super) fn standard_error() -> (Arc<Output<io::Stderr>>, Rest) {
    let output = Output::start(io::stderr());
    (Arc::clone(&output), Rest(output))
}

impl<W: Write + Send + 'static> Output<W> {
    fn start(stream: W) -> Arc<Self> {
        let output = Arc::new(Self::new(stream));
        let writer = Arc::clone(&output);
        let spawned = thread::Builder::new().name("log".to_owned()).spawn(move || writer.write_for_ever());
        output.waiting().has_no_writer = spawned.is_err();
        output
    }

    fn write_for_ever(&self) {
        loop {
            thread::sleep(self.wait_for_line());
            self.write_waiting();
        }
    }
}

impl<W: Write> Output<W> {
    fn new(stream: W) -> Self {
        Self {
            sink: Mutex::new(Sink { stream, spare: Vec::new() }),
            waiting: Mutex::new(Waiting { lines: Vec::new(), written: Duration::ZERO, has_no_writer: false }),
            begun: Condvar::new(),
        }
    }

    /// Takes the line of a request made `now`, which may wait.
    pub(super) fn take(&self, line: &[u8], now: Duration) {
        let mut waiting = self.waiting();
        let begins = waiting.lines.is_empty();
        waiting.lines.extend_from_slice(line);
        let is_due = now.saturating_sub(waiting.written) >= PAUSE;
        if begins && is_due || waiting.has_no_writer || waiting.lines.len() >= MOST_WAITING {
            drop(waiting);
            self.write_waiting();
        } else if begins {
            drop(waiting);
            self.begun.notify_one();
        }
    }

    /// Writes `line`, and before it what waits.
    fn write_now(&self, line: &[u8]) {
        self.waiting().lines.extend_from_slice(line);
        self.write_waiting();
    }

    /// Returns when a line waits, with the time that it still has.
    fn wait_for_line(&self) -> Duration {
        let waiting = self.waiting();
        let begun = self.begun.wait_while(waiting, |it| it.lines.is_empty());
        let written = begun.unwrap_or_else(PoisonError::into_inner).written;
        PAUSE.saturating_sub(timestamp::now().saturating_sub(written))
    }

    fn write_waiting(&self) {
        let mut sink = self.sink.lock().unwrap_or_else(PoisonError::into_inner);
        let Sink { stream, spare } = &mut *sink;
        let mut waiting = self.waiting();
        mem::swap(&mut waiting.lines, spare);
        waiting.written = timestamp::now();
        drop(waiting);
        // A log that cannot be written cannot be told so either.
        stream.write_all(spare).ok();
        spare.clear();
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// For lines that are no request's; each is handed over whole.
impl<W: Write> Write for &Output<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.write_now(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.write_waiting();
        Ok(())
    }
}

/// How long the line of a request may wait.
const PAUSE: Duration = Duration::from_millis(5);

/// How many bytes may wait.
const MOST_WAITING: usize = 256 * 1024;

#[cfg(test)]
mod tests;
