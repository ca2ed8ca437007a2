use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use oauth_types::Entropy;

use crate::child::Child;

/// The MCP sessions of clients of revisions up to 2025-11-25, each with a child of its own.
#[derive(Debug)]
pub(crate) struct Sessions {
    entropy: Arc<dyn Entropy>,
    by_id: Mutex<HashMap<Box<str>, Arc<Session>>>,
}

/// One MCP session.
#[derive(Debug)]
pub(crate) struct Session {
    principal: Arc<str>,
    pub(crate) child: Arc<Child>,
    /// Whether its revision has batches.
    pub(crate) has_batches: bool,
}

impl Sessions {
    pub(crate) fn new(entropy: Arc<dyn Entropy>) -> Self {
        Self { entropy, by_id: Mutex::default() }
    }

    /// Keeps a session of `principal` under an id of 256 random bits.
    pub(crate) fn open(&self, principal: Arc<str>, child: Arc<Child>, has_batches: bool) -> String {
        let mut random = [0; 32];
        self.entropy.fill(&mut random);
        let id = URL_SAFE_NO_PAD.encode(random);
        let mut by_id = self.lock();
        by_id.retain(|_, it| it.child.ended().is_none());
        by_id.insert(id.as_str().into(), Arc::new(Session { principal, child, has_batches }));
        id
    }

    /// The session `id`, for the principal whose it is; that it is somebody else's looks as if it were not there.
    pub(crate) fn of(&self, id: &str, principal: &str) -> Option<Arc<Session>> {
        let mut by_id = self.lock();
        let session = by_id.get(id).filter(|it| &*it.principal == principal)?;
        if session.child.ended().is_some() {
            by_id.remove(id);
            return None;
        }
        Some(Arc::clone(session))
    }

    /// Forgets the session `id`.
    pub(crate) fn close(&self, id: &str) {
        self.lock().remove(id);
    }

    /// The child of `principal` that nobody waits for, and that was not used for longest.
    pub(crate) fn least_used(&self, principal: &str) -> Option<Arc<Child>> {
        let by_id = self.lock();
        let theirs = by_id.values().filter(|it| &*it.principal == principal).map(|it| &it.child);
        let unused = theirs.filter(|it| it.ended().is_none() && it.is_unattended());
        unused.min_by_key(|it| it.last_used()).map(Arc::clone)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Box<str>, Arc<Session>>> {
        self.by_id.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
