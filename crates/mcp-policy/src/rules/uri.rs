use std::{fmt, str::FromStr};

use super::{InvalidPattern, Pattern};

/// A pattern for URIs of resources, written in their canonical form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UriPattern(Pattern);

/// Why a text is no pattern for URIs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidUriPattern {
    /// It is no pattern at all.
    #[error(transparent)]
    Pattern(#[from] InvalidPattern),
    /// URIs are compared in another form, so it would miss what it is for.
    #[error("is not in the form that URIs are compared in: write `{0}`")]
    NotCanonical(String),
}

impl UriPattern {
    /// Whether a reading of a URI is of this form.
    pub(super) fn matches(&self, reading: &str) -> bool {
        self.0.matches(reading)
    }
}

impl FromStr for UriPattern {
    type Err = InvalidUriPattern;

    fn from_str(text: &str) -> Result<Self, InvalidUriPattern> {
        let pattern = text.parse()?;
        let canonical = Parts::of(&cleaned(text)).canonical(true);
        if canonical != text {
            return Err(InvalidUriPattern::NotCanonical(canonical));
        }
        Ok(Self(pattern))
    }
}

impl fmt::Display for UriPattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// The ways in which an MCP server may read a URI, each once; a decision must hold for all of them.
///
/// They are the text itself; its canonical form (RFC 3986 section 6.2.2: case of scheme and host, percent-encoding,
/// dot segments) with what servers are known to do beyond that (backslashes, empty segments, blanks, encoding within
/// encoding); the same for a server that decodes first and takes it apart then; and for `file` without a query.
pub(super) fn readings(uri: &str) -> Vec<String> {
    let cleaned = cleaned(uri);
    let parts = Parts::of(&cleaned);
    let decoded = decoded(&cleaned);
    let mut all = vec![uri.to_owned(), parts.canonical(true), Parts::whole(&decoded).canonical(true)];
    if parts.scheme.eq_ignore_ascii_case("file") {
        all.push(parts.canonical(false));
    }
    all.sort_unstable();
    all.dedup();
    all
}

/// A URI taken apart.
struct Parts<'a> {
    /// Empty when there is none.
    scheme: &'a str,
    authority: Option<&'a str>,
    path: &'a str,
    query: Option<&'a str>,
}

impl<'a> Parts<'a> {
    fn of(uri: &'a str) -> Self {
        let uri = uri.split_once('#').map_or(uri, |(before, _)| before);
        match uri.split_once('?') {
            Some((before, query)) => Self { query: Some(query), ..Self::whole(before) },
            None => Self::whole(uri),
        }
    }

    /// All behind the authority as its path.
    fn whole(uri: &'a str) -> Self {
        let (scheme, rest) = match uri.split_once(':') {
            Some((scheme, rest)) if is_scheme(scheme) => (scheme, rest),
            _ => ("", uri),
        };
        let (authority, path) = match rest.strip_prefix("//") {
            Some(rest) => {
                let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
                (Some(authority), path)
            }
            None => (None, rest),
        };
        Self { scheme, authority, path, query: None }
    }

    fn canonical(&self, with_query: bool) -> String {
        let scheme = self.scheme.to_ascii_lowercase();
        let mut text = String::new();
        if !scheme.is_empty() {
            text += &scheme;
            text.push(':');
        }
        if let Some(authority) = self.authority.or((scheme == "file").then_some("")) {
            text += "//";
            text += &host(&scheme, authority);
        }
        let path = without_dots(&decoded(self.path));
        let rooted = matches!(scheme.as_str(), "file" | "http" | "https" | "ws" | "wss");
        if rooted && !path.starts_with('/') {
            text.push('/');
        }
        text += &path;
        if let (Some(query), true) = (self.query, with_query) {
            text.push('?');
            text += &decoded(query);
        }
        text
    }
}

fn is_scheme(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|it| it.is_ascii_alphabetic())
        && bytes.all(|it| it.is_ascii_alphanumeric() || b"+-.".contains(&it))
}

/// The authority without case, and without what stands for nothing.
fn host(scheme: &str, authority: &str) -> String {
    let host = decoded(authority).to_lowercase();
    let port = match scheme {
        "http" | "ws" => ":80",
        "https" | "wss" => ":443",
        _ => ":",
    };
    match (scheme, host.as_str()) {
        ("file", "localhost") => String::new(),
        _ => host.strip_suffix(port).map(str::to_owned).unwrap_or(host),
    }
}

/// The text as parsers of URLs begin with it: no line breaks and tabs, no blanks around, one kind of slash
/// (WHATWG URL, basic URL parser).
fn cleaned(uri: &str) -> String {
    let uri = uri.trim_matches(|it: char| it <= ' ');
    let kept = uri.chars().filter(|it| !matches!(it, '\t' | '\r' | '\n'));
    kept.map(|it| if it == '\\' { '/' } else { it }).collect()
}

/// Percent-decoded until nothing is left to decode, or [`MOST_ROUNDS`] times; one kind of slash.
fn decoded(text: &str) -> String {
    let mut text = text.to_owned();
    for _ in 0..MOST_ROUNDS {
        let next = decoded_once(&text);
        if next.len() == text.len() {
            break;
        }
        text = next;
    }
    text.replace('\\', "/")
}

/// How often something may be encoded within itself; servers decode once, and broken ones twice.
const MOST_ROUNDS: usize = 8;

fn decoded_once(text: &str) -> String {
    let digit = |it: Option<&u8>| char::from(*it?).to_digit(16).and_then(|it| u8::try_from(it).ok());
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let digits = (digit(bytes.get(at + 1)), digit(bytes.get(at + 2)));
        if let (b'%', (Some(high), Some(low))) = (byte, digits) {
            out.push(high << 4 | low);
            at += 3;
        } else {
            out.push(*byte);
            at += 1;
        }
    }
    String::from_utf8(out).unwrap_or_else(|error| one_mark_for_each_byte(error.as_bytes()))
}

/// Bytes that are no UTF-8, without growing.
fn one_mark_for_each_byte(bytes: &[u8]) -> String {
    bytes.iter().map(|it| if it.is_ascii() { char::from(*it) } else { '?' }).collect()
}

/// The path without empty, `.` and `..` segments (RFC 3986 section 5.2.4).
fn without_dots(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(kept.pop()),
            _ => kept.push(segment),
        }
    }
    let ends_open =
        path.rsplit('/').next().is_some_and(|it| matches!(it, "" | "." | "..")) && path.contains('/');
    let start = if path.starts_with('/') { "/" } else { "" };
    let end = if ends_open && !kept.is_empty() { "/" } else { "" };
    format!("{start}{}{end}", kept.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, uri: &str, expected: bool) {
        let pattern: UriPattern = pattern.parse().unwrap();
        let any = readings(uri).iter().any(|it| pattern.matches(it));
        assert_eq!(any, expected, "{pattern} {uri} {:?}", readings(uri));
    }

    #[test]
    fn e15_no_way_of_writing_a_uri_gets_round_a_pattern() {
        for uri in [
            "file:///etc/passwd",
            "FILE:///etc/passwd",
            "file:/etc/passwd",
            "file://localhost/etc/passwd",
            "file://LOCALHOST/etc/passwd",
            "file:////etc//passwd",
            "file:///public/../etc/passwd",
            "file:///public/%2e%2e/etc/passwd",
            "file:///public/%252e%252e/etc/passwd",
            "file:///public/..%2fetc/passwd",
            r"file:///public\..\etc\passwd",
            "file:///public/%5c../etc/passwd",
            "file:///./etc/./passwd",
            "file:///%65tc/passwd",
            "file:///%2565tc/passwd",
            "file:///etc/passwd?x",
            "file:///etc/passwd#x",
            "file:///etc/passwd?/../../public",
            "file:///a%3F/../etc/passwd",
            "fi\tle:///etc/pass\nwd",
            " file:///etc/passwd ",
            "%66ile:///etc/passwd",
            "file:etc/passwd",
        ] {
            check("file:///etc/passwd", uri, true);
            check("file:///etc/*", uri, true);
        }
        for uri in
            ["file:///etc/password", "file:///public/etc/passwd", "files:///etc/passwd", "http://etc/passwd"]
        {
            check("file:///etc/passwd", uri, false);
        }
        check("https://a.example/x/*", "HTTPS://A.example:443/y/../x/1", true);
        check("notes://list", "notes://LIST", true);
        check("mem:a/*", "mem:b/../a/c", true);
    }

    #[test]
    fn each_uri_is_one_of_its_readings() {
        for uri in ["", ":", "%", "%%%", "a", "file://", "mem:", "{x}", "é%C3%28", "%ff%25ff"] {
            assert!(readings(uri).contains(&uri.to_owned()), "{uri}");
        }
    }

    #[test]
    fn o11_a_pattern_that_would_miss_is_refused() {
        for (pattern, better) in [
            ("FILE:///a/*", "file:///a/*"),
            ("file:/a", "file:///a"),
            ("file:///a/../b", "file:///b"),
            ("file:///a%20b", "file:///a b"),
            ("https://Example.com/", "https://example.com/"),
            ("https://example.com:443/a", "https://example.com/a"),
        ] {
            let expected = Err(InvalidUriPattern::NotCanonical(better.to_owned()));
            assert_eq!(pattern.parse::<UriPattern>(), expected, "{pattern}");
            better.parse::<UriPattern>().unwrap();
        }
        for good in ["*", "file:///*", "notes://a", "notes://a/*", "mem:x", "https://example.com/*?id=*"] {
            good.parse::<UriPattern>().unwrap();
        }
        assert_eq!("".parse::<UriPattern>(), Err(InvalidPattern::Empty.into()));
    }
}
