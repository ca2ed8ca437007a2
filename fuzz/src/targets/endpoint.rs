use http::Uri;
use mcp_proxy::fuzzing::LegacyServer;
use url::Url;

use crate::event_stream::events;

/// The stream of an HTTP+SSE server: the client is told our address for messages, once, and all else as it was.
///
/// The first byte says how large the pieces are in which the rest arrives.
#[must_use]
pub fn run(data: &[u8]) -> bool {
    let Some((size, stream)) = data.split_first() else { return false };
    let server = LegacyServer::new(Uri::from_static(STREAM), PATH);
    let pieces: Vec<&[u8]> = stream.chunks(usize::from(*size).max(1)).collect();
    let (whole, cut) = (server.stream(ALICE, &[stream]), server.stream(ALICE, &pieces));
    let passes =
        |it: &Option<_>| it.as_ref().is_some_and(|it: &mcp_proxy::fuzzing::LegacyStream| it.is_whole);
    assert_eq!(passes(&whole), passes(&cut), "it matters how the stream is cut");
    let Some(cut) = cut else { return false };
    if let Some(whole) = whole.filter(|it| it.is_whole) {
        assert_eq!(whole.sent, cut.sent, "it matters how the stream is cut");
    }
    let (before, after) = (events(stream), events(&cut.sent));
    if cut.is_whole {
        assert_eq!(before.len(), after.len(), "an event came or went");
    }
    let (Some((named, before)), Some((told, after))) = (before.split_first(), after.split_first()) else {
        panic!("a stream began without an event");
    };
    assert_eq!(after, &before[..after.len()], "another event has changed");
    assert!(after.iter().all(|it| it.kind != b"endpoint"), "a second endpoint passed");
    assert_eq!((told.kind.as_slice(), &named.kind), (b"endpoint".as_slice(), &told.kind));
    leads_home(&server, &named.data, &told.data);
    cut.is_whole
}

/// What the client is told leads to us, and from there to what the server has named, for this principal alone.
fn leads_home(server: &LegacyServer, named: &[u8], told: &[u8]) {
    let (named, told) = (str::from_utf8(named).expect("a text"), str::from_utf8(told).expect("a text"));
    let stream = Url::parse(STREAM).expect("an address");
    let named = stream.join(named).expect("an address of the server");
    assert_eq!(named.origin(), stream.origin(), "another origin passed");
    let (path, query) = told.split_once('?').expect("an address of ours has a query");
    assert_eq!(path, PATH);
    let address = server.address(ALICE, Some(query)).expect("what was issued opens");
    assert_eq!(address.authority().map(http::uri::Authority::as_str), Some(stream.authority()));
    let wanted = &named[url::Position::BeforePath..url::Position::AfterQuery];
    assert_eq!(address.path_and_query().map(http::uri::PathAndQuery::as_str), Some(wanted));
    assert_eq!(server.address("bob", Some(query)), None, "it opens for somebody else");
    assert_eq!(server.address(ALICE, Some(&query[..query.len() - 1])), None, "it opens when it is changed");
}

const ALICE: &str = "alice";
const STREAM: &str = "http://127.0.0.1:3000/base/sse";
const PATH: &str = "/mcp/messages";

/// What such streams are made of.
pub const WORDS: &[&str] = &[
    "event: endpoint",
    "event:endpoint",
    "event: message",
    "event",
    "endpoint",
    "data: ",
    "data:",
    "data: /messages?sessionId=1",
    "messages",
    "http://127.0.0.1:3000/m",
    "http://127.0.0.1:3001/m",
    "//evil.example/m",
    "http://user@127.0.0.1:3000/",
    "\\\\evil.example",
    "/../",
    "%2e%2e",
    "?",
    "#",
    "\n",
    "\r",
    "\r\n",
    "\n\n",
    "\r\n\r\n",
    ": c",
    "id: 1",
    "\u{feff}",
    "\0",
];
