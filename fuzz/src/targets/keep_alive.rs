use crate::event_stream::events;

/// Comments in an event stream: wherever one may be sent, the reader gets the same events.
///
/// The first byte says how large the pieces are in which the rest arrives.
#[must_use]
pub fn run(data: &[u8]) -> bool {
    let Some((size, stream)) = data.split_first() else { return false };
    let pieces: Vec<&[u8]> = stream.chunks(usize::from(*size).max(1)).collect();
    let (mut sent, mut length) = (Vec::new(), 0);
    for (piece, may_follow) in pieces.iter().zip(mcp_proxy::fuzzing::comments_may_follow(&pieces)) {
        sent.extend_from_slice(piece);
        // Where no client can wait for more of an event, one is sent, or idle connections would be cut.
        length += piece.len();
        assert!(may_follow || !stream[..length].ends_with(b"\n\n"), "no comment may follow an event");
        if may_follow {
            sent.extend_from_slice(b":\n\n");
        }
    }
    assert_eq!(events(&sent), events(stream), "a comment has changed an event");
    true
}

/// What event streams are made of.
pub const WORDS: &[&str] = &[
    "\n", "\r", "\r\n", "\n\n", "\r\r", "\r\n\r\n", "\n\r\n", ":", "data:", "data: ", "event: ", "id: 1",
    "retry: 1", ": c", "\u{feff}",
];
