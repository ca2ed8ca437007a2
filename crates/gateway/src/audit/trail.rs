use std::{
    io::{self, Write},
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use arc_swap::ArcSwapOption;
use oauth_types::{Clock, UnixTime};
use prometheus_client::metrics::counter::Counter;

use super::{EventLine, file::RotatingFile};
use crate::config::{Audit, AuditFailure};

/// Where the lines of the audit go; closed until a configuration opens it.
///
/// Its clones are the same trail.
#[derive(Clone, Debug, Default)]
pub struct Trail {
    open: Arc<ArcSwapOption<Mutex<Open>>>,
    /// Lines that were lost since the process began.
    lost: Counter,
}

/// The audit cannot be opened.
#[derive(Debug, thiserror::Error)]
#[error("the audit cannot be written to {path}")]
pub struct TrailError {
    path: PathBuf,
    source: io::Error,
}

/// A line could not be written, and the configuration wants no request without one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LineMissing;

#[derive(Debug)]
struct Open {
    target: Target,
    clock: Arc<dyn Clock>,
    if_failing: AuditFailure,
    /// Lines that were lost since the last that was written.
    lost: u64,
}

#[derive(Debug)]
enum Target {
    File(RotatingFile),
    Stdout,
}

/// What became of a line.
enum Written {
    /// It is there, behind so many that were lost before it.
    Yes(u64),
    /// It is lost, and what that means for its request; with the error if it is the first that is lost.
    No(Option<io::Error>, Result<(), LineMissing>),
}

impl Trail {
    /// Opens what `audit` names, and closes what was open; a file is opened anew even if its name is the same, so that
    /// others may have moved it away.
    ///
    /// # Errors
    /// [`TrailError`] when it cannot be written; what was open stays open then.
    pub fn open(&self, audit: Option<&Audit>, clock: &Arc<dyn Clock>) -> Result<(), TrailError> {
        let Some(audit) = audit else {
            self.open.store(None);
            return Ok(());
        };
        let target = Target::open(audit)?;
        let lost = self.open.load().as_ref().map_or(0, |before| locked(before).lost);
        let open = Open { target, clock: Arc::clone(clock), if_failing: audit.if_failing, lost };
        self.open.store(Some(Arc::new(Mutex::new(open))));
        Ok(())
    }

    /// Whether lines go anywhere, so that making one is worth the work.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.open.load().is_some()
    }

    /// Writes the line of an event that has happened already; `fill` is not asked while the trail is closed.
    pub fn event(&self, fill: impl FnOnce(&mut EventLine)) {
        let Some(open) = self.open.load_full() else { return };
        let clock = Arc::clone(&locked(&open).clock);
        let mut line = EventLine::at(clock.now());
        fill(&mut line);
        // What has happened cannot be refused any more; the loss is counted and in the log.
        self.write(line).ok();
    }

    /// Writes a line.
    ///
    /// # Errors
    /// [`LineMissing`] if it could not be written and the configuration says to refuse then.
    pub(super) fn write(&self, line: EventLine) -> Result<(), LineMissing> {
        let Some(open) = self.open.load_full() else { return Ok(()) };
        let now = line.time();
        let written = locked(&open).write(&line.finish(), now);
        match written {
            Written::Yes(lost) => {
                if lost > 0 {
                    tracing::warn!(lines = lost, "the audit is written again; lines are lost");
                }
                Ok(())
            }
            Written::No(first, outcome) => {
                self.lost.inc();
                if let Some(error) = first {
                    tracing::error!(%error, "the audit cannot be written");
                }
                outcome
            }
        }
    }

    /// How many lines were lost since the process began, for the metrics.
    pub(crate) fn lost_lines(&self) -> Counter {
        self.lost.clone()
    }
}

fn locked(open: &Mutex<Open>) -> MutexGuard<'_, Open> {
    open.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Open {
    fn write(&mut self, line: &str, now: UnixTime) -> Written {
        match self.try_write(line, now) {
            Ok(()) => Written::Yes(std::mem::take(&mut self.lost)),
            Err(error) => {
                self.lost += 1;
                let outcome = match self.if_failing {
                    AuditFailure::Continue => Ok(()),
                    AuditFailure::Refuse => Err(LineMissing),
                };
                Written::No((self.lost == 1).then_some(error), outcome)
            }
        }
    }

    /// Writes the line, behind one that tells of those that were lost before it.
    fn try_write(&mut self, line: &str, now: UnixTime) -> io::Result<()> {
        if self.lost == 0 {
            return self.target.write(line.as_bytes());
        }
        let mut gap = EventLine::at(now);
        gap.text("event", "lines of the audit were lost");
        gap.number("lines", self.lost);
        let all = format!("{}{}{line}", if self.target.may_be_torn() { "\n" } else { "" }, gap.finish());
        self.target.write(all.as_bytes())
    }
}

impl Target {
    fn open(audit: &Audit) -> Result<Self, TrailError> {
        let Some(path) = &audit.file else { return Ok(Self::Stdout) };
        RotatingFile::open(path, audit.rotate_at.bytes(), audit.keep)
            .map(Self::File)
            .map_err(|source| TrailError { path: path.clone(), source })
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::File(file) => file.write(bytes),
            Self::Stdout => {
                let mut stdout = io::stdout().lock();
                stdout.write_all(bytes)?;
                stdout.flush()
            }
        }
    }

    /// Whether a part of a line that failed may be there still.
    const fn may_be_torn(&self) -> bool {
        match self {
            Self::File(file) => file.may_be_torn(),
            Self::Stdout => true,
        }
    }
}
