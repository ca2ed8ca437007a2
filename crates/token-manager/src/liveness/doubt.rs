use oauth_types::GrantId;

use super::{Entry, Index};

/// How an entry and its record may differ, because nobody knows whether a change of the record was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Doubt {
    /// They do not.
    None,
    /// The code may have been redeemed; nobody got the tokens.
    Redeemed,
    /// The grant may have ended, and counts as ended until it is known.
    Ended,
}

/// A change of a record on its way; dropped before its answer is known, it leaves a doubt.
#[derive(Debug)]
#[must_use = "there is a doubt as soon as it is dropped"]
pub(crate) struct UnderWay<'a> {
    index: &'a Index,
    id: &'a GrantId,
    leaves: Doubt,
}

impl UnderWay<'_> {
    /// It is known whether the change was made.
    pub(crate) fn known(mut self) {
        self.leaves = Doubt::None;
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        if self.leaves != Doubt::None {
            self.index.doubt(self.id, self.leaves);
        }
    }
}

impl Index {
    /// Begins a change that `leaves` a doubt if nobody waits for its answer.
    pub(crate) fn begin<'a>(&'a self, id: &'a GrantId, leaves: Doubt) -> UnderWay<'a> {
        UnderWay { index: self, id, leaves }
    }

    /// How many doubts there have been about a grant; to be read before its record is, for [`Index::settle`].
    pub(crate) fn doubts(&self, id: &GrantId) -> u16 {
        self.read(id).entries.get(id).map_or(0, |it| it.doubts)
    }

    /// Clears up the first `doubts` about a grant; without effect if there is another since.
    ///
    /// To be called after the record was written at the revision that it was read at: no earlier change can be made
    /// any more.
    pub(crate) fn settle(&self, id: &GrantId, doubts: u16) {
        let mut shard = self.write(id);
        if let Some(entry) = shard.entries.get_mut(id).filter(|it| it.doubts == doubts) {
            entry.doubt = Doubt::None;
        }
    }

    /// Notes a doubt; one about an end also ends what watches the grant.
    fn doubt(&self, id: &GrantId, doubt: Doubt) {
        let watch = {
            let mut shard = self.write(id);
            let Some(entry) = shard.entries.get_mut(id) else { return };
            entry.doubt = entry.doubt.max(doubt);
            entry.doubts = entry.doubts.wrapping_add(1);
            if doubt == Doubt::Ended { shard.watches.remove(id) } else { None }
        };
        if let Some(watch) = watch {
            watch.cancel();
        }
    }
}

impl Entry {
    pub(super) fn is_doubtful(&self) -> bool {
        self.doubt != Doubt::None
    }

    /// Whether it may count as live, as far as its times allow.
    pub(super) fn is_good(&self) -> bool {
        self.live && self.doubt != Doubt::Ended
    }
}
