use std::{
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use redb::StorageBackend;

/// A disk in memory that fails when it is told to, for tests of a [`RedbStore`](crate::RedbStore) on it and of its users.
///
/// Clones are the same disk; its bytes outlive the store on them.
#[derive(Clone, Debug)]
pub struct FailingDisk(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    bytes: Vec<u8>,
    /// Writes, syncs and changes of length until one fails.
    left: Option<u64>,
    stays_full: bool,
    failed: bool,
    written_after_failure: u64,
    unreadable: bool,
    opened: u64,
}

impl FailingDisk {
    /// An empty disk that works.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "a disk is named where it is made")]
    pub fn new() -> Self {
        Self(Arc::default())
    }

    /// Lets the `n`-th write, sync or change of length fail, counted from 1 and once: what follows would succeed again.
    pub fn fail_nth(&self, n: u64) {
        self.plan(Some(n), false);
    }

    /// Like [`FailingDisk::fail_nth`], and all that follow fail as well, as on a full disk, until it is repaired.
    pub fn fill_at_nth(&self, n: u64) {
        self.plan(Some(n), true);
    }

    /// Lets everything succeed again.
    pub fn repair(&self) {
        self.plan(None, false);
        self.set_unreadable(false);
    }

    /// Lets reads fail, or succeed again.
    pub fn set_unreadable(&self, unreadable: bool) {
        self.state().unreadable = unreadable;
    }

    /// Whether what was planned has happened.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        self.state().failed
    }

    /// How many writes, syncs and changes of length succeeded after the failure that was planned last.
    #[must_use]
    pub fn written_after_failure(&self) -> u64 {
        self.state().written_after_failure
    }

    /// How often it was opened by what [`FailingDisk::opener`] returns.
    #[must_use]
    pub fn opened(&self) -> u64 {
        self.state().opened
    }

    /// What opens the same bytes, as often as it is called.
    pub fn opener(&self) -> impl Fn() -> Self + Send + 'static {
        let disk = self.clone();
        move || {
            disk.state().opened += 1;
            disk.clone()
        }
    }

    fn plan(&self, left: Option<u64>, stays_full: bool) {
        let mut state = self.state();
        (state.left, state.stays_full, state.failed) = (left, stays_full, false);
        state.written_after_failure = 0;
    }

    fn act(&self) -> io::Result<MutexGuard<'_, State>> {
        let mut state = self.state();
        if state.failed {
            if state.stays_full {
                return Err(io::ErrorKind::StorageFull.into());
            }
            state.written_after_failure += 1;
        }
        match state.left.as_mut() {
            Some(left @ 2..) => *left -= 1,
            Some(_) => {
                (state.left, state.failed) = (None, true);
                return Err(io::ErrorKind::StorageFull.into());
            }
            None => {}
        }
        Ok(state)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl StorageBackend for FailingDisk {
    fn len(&self) -> io::Result<u64> {
        Ok(self.state().bytes.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let state = self.state();
        if state.unreadable {
            return Err(io::Error::other("unreadable"));
        }
        let range = range(offset, out.len())?;
        out.copy_from_slice(state.bytes.get(range).ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let len = usize::try_from(len).map_err(io::Error::other)?;
        self.act()?.bytes.resize(len, 0);
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        self.act().map(drop)
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let range = range(offset, data.len())?;
        let mut state = self.act()?;
        state.bytes.get_mut(range).ok_or(io::ErrorKind::UnexpectedEof)?.copy_from_slice(data);
        Ok(())
    }
}

fn range(offset: u64, len: usize) -> io::Result<std::ops::Range<usize>> {
    let start = usize::try_from(offset).map_err(io::Error::other)?;
    Ok(start..start.saturating_add(len))
}
