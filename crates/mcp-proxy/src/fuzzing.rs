//! What fuzz targets reach of event streams. No part of the interface.

use crate::pace::Tail;

/// After which of these pieces of an event stream a comment may be sent.
#[must_use]
pub fn comments_may_follow(pieces: &[&[u8]]) -> Vec<bool> {
    let mut tail = Tail::default();
    let after = |piece: &&[u8]| {
        tail.push(piece);
        tail.is_boundary()
    };
    pieces.iter().map(after).collect()
}
