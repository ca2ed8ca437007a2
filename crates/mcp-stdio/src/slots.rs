use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// Places for children, counted from their start until they are reaped.
#[derive(Clone, Debug)]
pub(crate) struct Slots(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    most: usize,
    most_each: usize,
    taken: Mutex<Taken>,
    freed: Notify,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    by: HashMap<Arc<str>, usize>,
}

/// A place, given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Slot {
    of: Arc<str>,
    slots: Slots,
}

/// Why there is no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Full {
    /// All are taken.
    All,
    /// The principal has all of theirs.
    Each,
}

impl Slots {
    pub(crate) fn new(most: usize, most_each: usize) -> Self {
        let taken = Mutex::default();
        Self(Arc::new(Shared { most, most_each, taken, freed: Notify::new() }))
    }

    /// A place for a child of `principal`.
    pub(crate) fn take(&self, principal: &Arc<str>) -> Result<Slot, Full> {
        let mut taken = self.lock();
        let of_them = taken.by.get(principal).copied().unwrap_or_default();
        if of_them >= self.0.most_each {
            return Err(Full::Each);
        }
        if taken.all >= self.0.most {
            return Err(Full::All);
        }
        taken.all += 1;
        taken.by.insert(Arc::clone(principal), of_them + 1);
        Ok(Slot { of: Arc::clone(principal), slots: self.clone() })
    }

    /// Resolves when a place is given back after this call.
    pub(crate) fn freed(&self) -> impl Future<Output = ()> + '_ {
        self.0.freed.notified()
    }

    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.0.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut taken = self.slots.lock();
        taken.all = taken.all.saturating_sub(1);
        if let Some(of_them) = taken.by.get_mut(&self.of) {
            *of_them = of_them.saturating_sub(1);
            if *of_them == 0 {
                taken.by.remove(&self.of);
            }
        }
        drop(taken);
        self.slots.0.freed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn e36_places_are_counted_for_each_and_for_all() {
        let (ada, bob, cyd): (Arc<str>, Arc<str>, Arc<str>) = ("ada".into(), "bob".into(), "cyd".into());
        let slots = Slots::new(3, 2);
        let first = slots.take(&ada).unwrap();
        let _second = slots.take(&ada).unwrap();
        assert_eq!(slots.take(&ada).unwrap_err(), Full::Each);
        let _third = slots.take(&bob).unwrap();
        assert_eq!(slots.take(&cyd).unwrap_err(), Full::All);
        drop(first);
        assert!(slots.take(&cyd).is_ok());
    }
}
