//! One canonical path: what is routed is what was sent, letter for letter.

use http::Uri;

use crate::reason::Reason;

/// The path of a request, proven to have one reading only.
///
/// Routes compare it byte for byte and nothing decodes it, so no two layers can disagree about it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CanonicalPath<'a>(&'a str);

impl<'a> CanonicalPath<'a> {
    /// # Errors
    /// [`Reason::PathNotCanonical`] when another program could read another path out of it:
    /// percent-encoding, backslash, empty or dot segments, path parameters, characters outside printable ASCII.
    pub(crate) fn of(uri: &'a Uri) -> Result<Self, Reason> {
        let path = uri.path();
        let plain =
            path.bytes().all(|byte| matches!(byte, 0x21..=0x7E) && !matches!(byte, b'%' | b'\\' | b';'));
        let segments_stand_for_themselves =
            path.strip_prefix('/').is_some_and(|rest| rest.is_empty() || segments_are_plain(rest));
        if plain && segments_stand_for_themselves { Ok(Self(path)) } else { Err(Reason::PathNotCanonical) }
    }

    /// The path as sent.
    pub(crate) const fn as_str(self) -> &'a str {
        self.0
    }
}

fn segments_are_plain(rest: &str) -> bool {
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    rest.split('/').all(|segment| !matches!(segment, "" | "." | ".."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(target: &str, accepted: bool) {
        let uri: Uri = target.parse().unwrap();
        let outcome = CanonicalPath::of(&uri).map(CanonicalPath::as_str);
        assert_eq!(outcome.is_ok(), accepted, "{target}: {outcome:?}");
    }

    #[test]
    fn e15_d07_only_a_path_with_one_reading_is_routed() {
        for good in
            ["/", "/mcp", "/mcp/", "/a/b", "/.well-known/oauth-protected-resource/mcp", "/mcp?x=%2e%2e"]
        {
            check(good, true);
        }
        for bad in [
            "//mcp",
            "/mcp//",
            "/a//b",
            "/./mcp",
            "/../mcp",
            "/a/..",
            "/mcp%2f",
            "/%2e%2e/mcp",
            "/%6dcp",
            "/mcp%00",
            "/..;/mcp",
            "/mcp;x=1",
            "/mcp%5c",
            "/mcp%252e",
        ] {
            check(bad, false);
        }
    }
}
