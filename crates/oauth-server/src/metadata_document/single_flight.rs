use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use oauth_types::ClientId;
use tokio::sync::OnceCell;

/// Work that is done once for everybody who asks for it meanwhile.
///
/// If the one who does it goes away, the next of those who wait begins anew.
pub(super) struct SingleFlight<T> {
    flights: Mutex<HashMap<ClientId, Arc<OnceCell<T>>>>,
}

impl<T: Clone> SingleFlight<T> {
    /// The outcome of `work`, or of the same work of somebody else that was under way.
    pub(super) async fn run<F: Future<Output = T>>(&self, id: &ClientId, work: impl FnOnce() -> F) -> T {
        let cell = self.flights().entry(id.clone()).or_default().clone();
        let flight = Flight { all: self, id, cell };
        flight.cell.get_or_init(work).await.clone()
    }

    fn flights(&self) -> MutexGuard<'_, HashMap<ClientId, Arc<OnceCell<T>>>> {
        self.flights.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One who waits; takes the entry away when the work is done or nobody waits any more.
struct Flight<'a, T: Clone> {
    all: &'a SingleFlight<T>,
    id: &'a ClientId,
    cell: Arc<OnceCell<T>>,
}

impl<T: Clone> Drop for Flight<'_, T> {
    fn drop(&mut self) {
        let mut flights = self.all.flights();
        let is_ours = flights.get(self.id).is_some_and(|it| Arc::ptr_eq(it, &self.cell));
        // Two holders: the map and we. Others come through the map, whose lock we hold.
        if is_ours && (self.cell.initialized() || Arc::strong_count(&self.cell) <= 2) {
            flights.remove(self.id);
        }
    }
}

impl<T> Default for SingleFlight<T> {
    fn default() -> Self {
        Self { flights: Mutex::default() }
    }
}

impl<T> fmt::Debug for SingleFlight<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("SingleFlight").finish_non_exhaustive()
    }
}
