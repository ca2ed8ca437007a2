//! A disk that keeps what was synced, and of the rest what chance leaves.

use std::{
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use storage::StorageBackend;

use crate::chance::Chance;

/// The disk of one process; its clones are the same disk.
#[derive(Clone, Debug)]
pub(crate) struct Disk(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    /// What reads see.
    bytes: Vec<u8>,
    /// What was there at the last sync.
    synced: Vec<u8>,
    /// What came after it, in order.
    since: Vec<Act>,
    /// Operations until the power fails.
    left: Option<u64>,
    off: bool,
}

#[derive(Clone, Debug)]
enum Act {
    Write { start: usize, data: Vec<u8> },
    Resize(usize),
}

/// What is left after a cut, and whether something of it is neither as it was nor as it was written.
#[derive(Debug)]
pub(crate) struct Left {
    pub(crate) bytes: Vec<u8>,
    pub(crate) torn: bool,
    pub(crate) resizing: bool,
}

impl Disk {
    /// A disk with these bytes, whose power fails at the `cut`-th operation.
    pub(crate) fn new(bytes: Vec<u8>, cut: Option<u64>) -> Self {
        let (synced, since) = (bytes.clone(), Vec::new());
        Self(Arc::new(Mutex::new(State { bytes, synced, since, left: cut, off: false })))
    }

    /// What a store is opened on.
    pub(crate) fn opener(&self) -> impl Fn() -> Self + Send + 'static {
        let disk = self.clone();
        move || disk.clone()
    }

    /// The power fails now, if it has not yet.
    pub(crate) fn cut(&self) {
        self.state().off = true;
    }

    pub(crate) fn is_off(&self) -> bool {
        self.state().off
    }

    /// What the next process finds.
    pub(crate) fn leave(&self, chance: &mut Chance) -> Left {
        let state = self.state();
        let resizing = state.since.iter().any(|it| matches!(it, Act::Resize(_)));
        let bytes = left(&state, chance);
        let torn = bytes != state.synced && bytes != state.bytes;
        Left { bytes, torn, resizing }
    }

    fn act(&self, act: Option<Act>) -> io::Result<()> {
        let mut state = self.state();
        if state.off {
            return Err(io::Error::other("the power is off"));
        }
        let last = state.left.as_mut().is_some_and(|left| {
            *left = left.saturating_sub(1);
            *left == 0
        });
        match act {
            Some(act) => {
                act.apply(&mut state.bytes);
                state.since.push(act);
            }
            // The power fails before the disk is done.
            None if last => {}
            None => {
                for act in std::mem::take(&mut state.since) {
                    act.apply(&mut state.synced);
                }
            }
        }
        if last {
            state.off = true;
            return Err(io::Error::other("the power fails"));
        }
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Act {
    fn apply(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Resize(len) => bytes.resize(*len, 0),
            Self::Write { start, data } => {
                let end = start + data.len();
                if bytes.len() < end {
                    bytes.resize(end, 0);
                }
                bytes[*start..end].copy_from_slice(data);
            }
        }
    }
}

/// How the power fails: what a system may do to writes that nobody has waited for.
fn left(state: &State, chance: &mut Chance) -> Vec<u8> {
    let mut bytes = state.synced.clone();
    match chance.below(6) {
        // Nothing has arrived.
        0 => {}
        // Everything has.
        1 => return state.bytes.clone(),
        // In order, up to some byte of some write.
        2 => {
            let count = chance.below(state.since.len() + 1);
            state.since.iter().take(count).for_each(|it| it.apply(&mut bytes));
            if let Some(Act::Write { start, data }) = state.since.get(count) {
                let data = data[..chance.below(data.len() + 1)].to_vec();
                Act::Write { start: *start, data }.apply(&mut bytes);
            }
        }
        // Some writes as a whole, others not at all.
        3 => state.since.iter().filter(|_| !chance.one_in(3)).for_each(|it| it.apply(&mut bytes)),
        // Everything but one write, or nothing but one.
        4 => {
            let (odd, only) = (chance.below(state.since.len().max(1)), chance.one_in(2));
            let kept = state.since.iter().enumerate().filter(|(place, _)| (*place == odd) == only);
            kept.for_each(|(_, it)| it.apply(&mut bytes));
        }
        // Each sector by itself, in any of the states it ever had.
        _ => sector_by_sector(state, &mut bytes, chance),
    }
    bytes
}

fn sector_by_sector(state: &State, bytes: &mut Vec<u8>, chance: &mut Chance) {
    let resizes: Vec<_> = state.since.iter().filter(|it| matches!(it, Act::Resize(_))).collect();
    let arrived = chance.below(resizes.len() + 1);
    resizes.into_iter().take(arrived).for_each(|it| it.apply(bytes));
    let end = state.since.iter().map(Act::end).max().unwrap_or(0);
    for sector in 0..end.div_ceil(SECTOR) {
        let range = sector * SECTOR..(sector + 1) * SECTOR;
        let touching: Vec<_> = state.since.iter().filter_map(|it| it.within(&range)).collect();
        if !touching.is_empty() {
            let arrived = chance.below(touching.len() + 1);
            touching.into_iter().take(arrived).for_each(|it| it.apply(bytes));
        }
    }
}

impl Act {
    fn end(&self) -> usize {
        match self {
            Self::Write { start, data } => start + data.len(),
            Self::Resize(_) => 0,
        }
    }

    /// The part of a write that lies in `range`.
    fn within(&self, range: &std::ops::Range<usize>) -> Option<Self> {
        let Self::Write { start, data } = self else { return None };
        let (from, to) = (range.start.max(*start), range.end.min(self.end()));
        (from < to).then(|| Self::Write { start: from, data: data[from - start..to - start].to_vec() })
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        Ok(self.state().bytes.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let start = usize::try_from(offset).map_err(io::Error::other)?;
        let state = self.state();
        if state.off {
            return Err(io::Error::other("the power is off"));
        }
        out.copy_from_slice(state.bytes.get(start..start + out.len()).ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.act(Some(Act::Resize(usize::try_from(len).map_err(io::Error::other)?)))
    }

    fn sync_data(&self) -> io::Result<()> {
        self.act(None)
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let start = usize::try_from(offset).map_err(io::Error::other)?;
        self.act(Some(Act::Write { start, data: data.to_vec() }))
    }
}

/// What a disk writes at once.
const SECTOR: usize = 512;
