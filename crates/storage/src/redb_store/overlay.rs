use std::{
    collections::BTreeMap,
    io,
    ops::Bound,
    sync::{Mutex, MutexGuard, PoisonError},
};

use redb::{BackendError, StorageBackend};

/// A backend whose writes stay in memory, so that a file can be opened, repaired and checked without being touched.
#[derive(Debug)]
pub(super) struct Overlay<B> {
    inner: B,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    len: u64,
    /// What of the file is still to be seen: `set_len` may have cut it.
    inner_len: u64,
    pages: BTreeMap<u64, Vec<u8>>,
}

impl<B: StorageBackend> Overlay<B> {
    pub(super) fn over(inner: B) -> io::Result<Self> {
        let len = inner.len()?;
        Ok(Self { inner, state: Mutex::new(State { len, inner_len: len, pages: BTreeMap::new() }) })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One page as it now is; zeros beyond the end.
    fn page(&self, state: &State, index: u64) -> io::Result<Vec<u8>> {
        if let Some(page) = state.pages.get(&index) {
            return Ok(page.clone());
        }
        let mut page = vec![0; PAGE];
        let start = index * PAGE as u64;
        let there = state.inner_len.saturating_sub(start).min(PAGE as u64);
        if let Some(part) = usize::try_from(there).ok().and_then(|it| page.get_mut(..it))
            && !part.is_empty()
        {
            self.inner.read(start, part)?;
        }
        Ok(page)
    }
}

impl<B: StorageBackend> StorageBackend for Overlay<B> {
    fn len(&self) -> io::Result<u64> {
        Ok(self.state().len)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let state = self.state();
        if offset.saturating_add(out.len() as u64) > state.len {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        for (index, within, part) in pieces(offset, out) {
            let page = self.page(&state, index)?;
            for (to, from) in part.iter_mut().zip(page.iter().skip(within)) {
                *to = *from;
            }
        }
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let mut state = self.state();
        let edge = len / PAGE as u64;
        if len < state.len {
            let mut page = self.page(&state, edge)?;
            let kept = usize::try_from(len % PAGE as u64).unwrap_or(PAGE);
            page.iter_mut().skip(kept).for_each(|byte| *byte = 0);
            state.pages.split_off(&edge);
            state.pages.insert(edge, page);
            state.inner_len = state.inner_len.min(len);
        }
        state.len = len;
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut state = self.state();
        let mut data = data.to_vec();
        for (index, within, part) in pieces(offset, &mut data) {
            let mut page = self.page(&state, index)?;
            for (to, from) in page.iter_mut().skip(within).zip(part.iter()) {
                *to = *from;
            }
            state.pages.insert(index, page);
        }
        Ok(())
    }

    fn close(&self) -> io::Result<()> {
        self.inner.close()
    }

    fn try_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.inner.try_lock_range(start, end)
    }

    fn try_lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.inner.try_lock_shared_range(start, end)
    }

    fn lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.inner.lock_range(start, end)
    }

    fn lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.inner.lock_shared_range(start, end)
    }

    fn unlock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.inner.unlock_range(start, end)
    }

    fn query_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.inner.query_lock_range(start, end)
    }
}

/// Cuts `bytes`, which begin at `offset`, at the edges of pages: the page, where in it, and the piece.
fn pieces(offset: u64, bytes: &mut [u8]) -> impl Iterator<Item = (u64, usize, &mut [u8])> {
    let within = usize::try_from(offset % PAGE as u64).unwrap_or(0);
    let (head, tail) = bytes.split_at_mut(bytes.len().min(PAGE - within));
    let first = offset / PAGE as u64;
    let rest = (first + 1..).zip(tail.chunks_mut(PAGE)).map(|(index, piece)| (index, 0, piece));
    std::iter::once((first, within, head)).chain(rest)
}

const PAGE: usize = 4096;

#[cfg(test)]
mod tests;
