//! Whether refreshes at third parties bring ID tokens.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use session_binding::ThirdPartySessionId;

/// What the last refresh of each session brought, for whoever has asked for one to hear an ID token.
///
/// Clones share it.
#[derive(Clone, Debug, Default)]
pub(super) struct Renewals(Arc<Mutex<HashMap<ThirdPartySessionId, Renewal>>>);

/// What became of the ID token of a refresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Renewal {
    /// It was heard, and what it says is remembered.
    Heard,
    /// It proves nothing, cannot be proven for now, or could not be remembered.
    NotHeard,
    /// None came.
    None,
}

impl Renewals {
    pub(super) fn note(&self, session: ThirdPartySessionId, renewal: Renewal) {
        let mut renewals = self.lock();
        if renewals.len() >= MOST && !renewals.contains_key(&session) {
            renewals.clear();
        }
        renewals.insert(session, renewal);
    }

    /// Takes what was noted of a session; `None` if nothing was since.
    pub(super) fn take(&self, session: &ThirdPartySessionId) -> Option<Renewal> {
        self.lock().remove(session)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ThirdPartySessionId, Renewal>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Above so many sessions all is forgotten; whoever waits for an ID token then has not heard one, and asks again.
const MOST: usize = 10_000;
