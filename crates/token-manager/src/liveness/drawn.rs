use std::{fmt, sync::Arc};

use oauth_types::{GrantId, UnixTime};

use super::{Index, elsewhere::Elsewhere};

/// An id in use for a grant that is not there yet.
pub(crate) struct Drawn {
    index: Arc<Index>,
    id: GrantId,
}

impl Drawn {
    pub(crate) const fn id(&self) -> GrantId {
        self.id
    }
}

impl Drop for Drawn {
    fn drop(&mut self) {
        self.index.write(&self.id).drawn.remove(&self.id);
    }
}

impl fmt::Debug for Drawn {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.id.fmt(formatter)
    }
}

impl Index {
    /// Counts `id` among those that are known, for as long as the answer is kept.
    pub(crate) fn draw(self: &Arc<Self>, id: GrantId) -> Drawn {
        self.write(&id).drawn.insert(id);
        Drawn { index: Arc::clone(self), id }
    }

    /// When the grant was last seen in use, the epoch if never; `None` if there is none and never will be.
    pub(crate) fn known_at(&self, id: &GrantId, now: UnixTime) -> Option<UnixTime> {
        let shard = self.read(id);
        if let Some(entry) = shard.entries.get(id) {
            return Some(entry.seen_at());
        }
        let comes = |it: &Elsewhere| it.may_come(id, now);
        let may_come = shard.drawn.contains(id) || self.elsewhere.as_ref().is_some_and(comes);
        may_come.then_some(UnixTime::EPOCH)
    }
}
