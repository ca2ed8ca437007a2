use std::sync::Arc;

use oauth_types::GrantId;
use tokio_util::sync::CancellationToken;

use super::{Entry, Index};

/// Tells when a grant ends, for what should end with it: open streams above all.
///
/// Keep it for as long as that goes on; the token of [`GrantWatch::token`] fires only while a watch is kept.
#[derive(Debug)]
pub struct GrantWatch {
    index: Arc<Index>,
    id: GrantId,
    token: CancellationToken,
}

/// The watches of one grant.
#[derive(Debug, Default)]
pub(super) struct Watch {
    token: CancellationToken,
    watchers: usize,
}

impl GrantWatch {
    /// A token that is cancelled when the grant ends.
    #[must_use]
    pub const fn token(&self) -> &CancellationToken {
        &self.token
    }

    /// Waits until the grant ends.
    pub async fn ended(&self) {
        self.token.cancelled().await;
    }
}

impl Drop for GrantWatch {
    fn drop(&mut self) {
        let mut shard = self.index.write(&self.id);
        if let Some(watch) = shard.watches.get_mut(&self.id) {
            watch.watchers = watch.watchers.saturating_sub(1);
            if watch.watchers == 0 {
                shard.watches.remove(&self.id);
            }
        }
    }
}

impl Watch {
    pub(super) fn cancel(self) {
        self.token.cancel();
    }
}

impl Index {
    /// Watches a grant that lives; `None` if it does not.
    pub(crate) fn watch(self: &Arc<Self>, id: &GrantId) -> Option<GrantWatch> {
        let mut shard = self.write(id);
        if !shard.entries.get(id).is_some_and(Entry::is_good) {
            return None;
        }
        let watch = shard.watches.entry(*id).or_default();
        watch.watchers += 1;
        let token = watch.token.clone();
        Some(GrantWatch { index: Arc::clone(self), id: *id, token })
    }
}
