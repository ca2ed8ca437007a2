use url::Url;

/// An `http` or `https` address without query and fragment, in the one spelling of all that mean the same
/// (RFC 9449 section 4.3, RFC 3986 sections 6.2.2 and 6.2.3); `None` if `text` is none.
///
/// Scheme and host are in lower case, a default port is left out, dot segments are resolved, escapes are in upper case,
/// and what needs no escape has none.
pub(super) fn normalized(text: &str) -> Option<String> {
    // A parser of URLs mends these; nobody who means well sends them.
    if text.bytes().any(|it| it <= b' ' || it == b'\\' || it >= 0x7F) {
        return None;
    }
    let url: Url = text.parse().ok().filter(|it: &Url| matches!(it.scheme(), "http" | "https"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return None;
    }
    Some(format!("{}{}", url.origin().ascii_serialization(), with_plain_escapes(url.path())))
}

/// `path` with its escapes in their one spelling.
fn with_plain_escapes(path: &str) -> String {
    let mut plain = String::with_capacity(path.len());
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('%') {
        plain.push_str(before);
        let Some((digits, byte)) = escape_at_start(after) else {
            plain.push('%');
            rest = after;
            continue;
        };
        if is_unreserved(byte) {
            plain.push(char::from(byte));
        } else {
            plain.push('%');
            plain.push_str(&digits.to_ascii_uppercase());
        }
        rest = after.get(digits.len()..).unwrap_or_default();
    }
    plain.push_str(rest);
    plain
}

/// The two digits that `text` begins with, and the byte that they mean.
fn escape_at_start(text: &str) -> Option<(&str, u8)> {
    let digits = text.get(..2).filter(|it| it.bytes().all(|digit| digit.is_ascii_hexdigit()))?;
    Some((digits, u8::from_str_radix(digits, 16).ok()?))
}

/// RFC 3986 section 2.3.
const fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(normalized(text).as_deref(), expected, "{text}");
    }

    #[test]
    fn spellings_of_one_address_are_one() {
        for text in [
            "https://mcp.example/a/b",
            "HTTPS://MCP.Example/a/b",
            "https://mcp.example:443/a/b",
            "https://mcp.example/a/./c/../b",
            "https://mcp.example/%61/b",
            "https://mcp.example/a/b?x=1",
            "https://mcp.example/a/b#x",
        ] {
            check(text, Some("https://mcp.example/a/b"));
        }
        check("https://mcp.example", Some("https://mcp.example/"));
        check("https://mcp.example/%7ea%2fb%2F%zz%", Some("https://mcp.example/~a%2Fb%2F%zz%"));
    }

    #[test]
    fn other_addresses_stay_others() {
        check("http://mcp.example/a", Some("http://mcp.example/a"));
        check("https://mcp.example:8443/a", Some("https://mcp.example:8443/a"));
        check("https://mcp.example/A", Some("https://mcp.example/A"));
        check("https://mcp.example/a/", Some("https://mcp.example/a/"));
        check("https://mcp.example//a", Some("https://mcp.example//a"));
        check("https://mcp.example/a%2Fb", Some("https://mcp.example/a%2Fb"));
    }

    #[test]
    fn what_is_no_such_address_is_none() {
        for text in [
            "",
            "/mcp",
            "mcp.example/mcp",
            "ftp://mcp.example/mcp",
            "https://user@mcp.example/mcp",
            "https://:secret@mcp.example/mcp",
            "https:\\\\mcp.example\\mcp",
            " https://mcp.example/mcp",
            "https://mcp.example/m\ncp",
            "https://mcp.\u{e9}xample/mcp",
        ] {
            check(text, None);
        }
    }
}
