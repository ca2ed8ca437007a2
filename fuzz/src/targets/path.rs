use http::Uri;
use percent_encoding::percent_decode_str;
use url::Url;

/// The path of a request: one that is routed is read alike by every other reader.
#[must_use]
pub fn run(data: &[u8]) -> bool {
    let Ok(target) = Uri::try_from(data) else { return false };
    let Some(path) = gateway::fuzzing::canonical_path(&target) else { return false };
    assert_eq!(path, target.path(), "another path than was sent");
    let again: Uri = path.parse().expect("a path that was read");
    assert_eq!(gateway::fuzzing::canonical_path(&again), Some(path), "not the same when read again");
    assert_eq!(percent_decode_str(path).collect::<Vec<u8>>(), path.as_bytes(), "decodes to something else");
    // Browsers and many servers resolve dots, backslashes and double slashes, and encode what is left.
    let url = Url::parse("http://host/").and_then(|it| it.join(path)).expect("a URL");
    assert_eq!(url.host_str(), Some("host"), "{path} leads elsewhere");
    assert!(percent_decode_str(url.path()).eq(path.bytes()), "{path} is {} elsewhere", url.path());
    true
}

/// What gets paths past filters.
pub const WORDS: &[&str] = &[
    "/",
    "//",
    "/.",
    "/..",
    "/../",
    "%2f",
    "%2e",
    "%5c",
    "\\",
    ";",
    ";x=1",
    "?",
    "#",
    "%00",
    "%",
    "mcp",
    "http://h/",
    "*",
    "..;/",
    "%252e",
    "~",
    "@",
    ":",
];
