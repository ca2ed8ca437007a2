use std::io;
use std::os::fd::OwnedFd;

use rustix::process::{Pid, PidfdFlags, Resource, Rlimit, Signal, kill_process_group, pidfd_open, prlimit};
use tokio::io::unix::AsyncFd;
use tokio::process::Child;

use crate::Bounds;

/// A process and all that it started: those of its process group.
///
/// The leader is not reaped before the group was killed, so that its number cannot have been given to others meanwhile.
/// Dropped, it kills the group at once.
#[derive(Debug)]
pub(super) struct Group {
    leader: Child,
    pid: Pid,
    exit: AsyncFd<OwnedFd>,
    is_reaped: bool,
}

impl Group {
    /// The group of `leader`, which was started with a group of its own.
    pub(super) fn of(leader: Child) -> io::Result<Self> {
        let gone = || io::Error::new(io::ErrorKind::NotFound, "the process has ended already");
        let raw = leader.id().and_then(|it| i32::try_from(it).ok()).ok_or_else(gone)?;
        let pid = Pid::from_raw(raw).ok_or_else(gone)?;
        #[expect(deprecated, reason = "an `OwnedFd` stays open and the same, and the other way is `unsafe`")]
        let exit = AsyncFd::new(pidfd_open(pid, PidfdFlags::empty())?)?;
        Ok(Self { leader, pid, exit, is_reaped: false })
    }

    /// Its number, for the log.
    pub(super) fn number(&self) -> i32 {
        self.pid.as_raw_nonzero().get()
    }

    /// Sets the limits of the leader, which all that it starts inherits.
    pub(super) fn limit(&self, bounds: &Bounds) -> io::Result<()> {
        let limits = [
            (Resource::Core, Some(0)),
            (Resource::Data, bounds.memory),
            (Resource::Nofile, bounds.open_files),
        ];
        for (resource, most) in limits {
            if most.is_some() {
                prlimit(Some(self.pid), resource, Rlimit { current: most, maximum: most })?;
            }
        }
        Ok(())
    }

    /// Resolves when the leader has ended; it is not reaped by that.
    pub(super) async fn ended(&self) {
        // A descriptor of a process becomes readable when the process ends; an error of the reactor means as much.
        let _ = self.exit.readable().await;
    }

    pub(super) fn terminate(&self) {
        self.signal(Signal::TERM);
    }

    /// Kills whoever is left of the group, and reaps the leader.
    pub(super) async fn kill(mut self) -> Option<std::process::ExitStatus> {
        self.signal(Signal::KILL);
        let status = self.leader.wait().await.ok();
        self.is_reaped = true;
        status
    }

    fn signal(&self, signal: Signal) {
        // It fails when nobody is left, which is what was wanted.
        let _ = kill_process_group(self.pid, signal);
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if !self.is_reaped {
            self.signal(Signal::KILL);
        }
    }
}
