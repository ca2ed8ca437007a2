use std::str::FromStr;

use url::Host;

/// Hosts that an operator names: one (`app.example`), or all below one (`*.app.example`).
///
/// Compared by whole labels, in lower case and in ASCII.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostPattern {
    name: String,
    is_below: bool,
}

/// The text names no host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is neither a host such as app.example nor *. and a host with a dot")]
pub struct InvalidHostPattern;

impl HostPattern {
    /// Whether `host`, as a [`url::Url`] writes it, is one of these.
    #[must_use]
    pub fn matches(&self, host: &str) -> bool {
        if !self.is_below {
            return host == self.name;
        }
        let below = host.strip_suffix(self.name.as_str()).and_then(|it| it.strip_suffix('.'));
        below.is_some_and(|it| !it.is_empty())
    }
}

impl FromStr for HostPattern {
    type Err = InvalidHostPattern;

    fn from_str(text: &str) -> Result<Self, InvalidHostPattern> {
        let (name, is_below) = match text.strip_prefix("*.") {
            Some(name) => (name, true),
            None => (text, false),
        };
        let host = Host::parse(name).map_err(|_| InvalidHostPattern)?;
        let is_domain = matches!(host, Host::Domain(_));
        let name = host.to_string();
        let is_whole = name.split('.').all(|it| !it.is_empty());
        if name.contains('*') || !is_whole || is_below && !(is_domain && name.contains('.')) {
            return Err(InvalidHostPattern);
        }
        Ok(Self { name, is_below })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, host: &str, expected: bool) {
        assert_eq!(pattern.parse::<HostPattern>().unwrap().matches(host), expected, "{pattern} {host}");
    }

    #[test]
    fn h34_a_pattern_matches_whole_labels_only() {
        check("trusted.com", "trusted.com", true);
        check("Trusted.COM", "trusted.com", true);
        check("*.trusted.com", "a.trusted.com", true);
        check("*.trusted.com", "a.b.trusted.com", true);
        check("bücher.example", "xn--bcher-kva.example", true);
        check("localhost", "localhost", true);
        check("trusted.com", "trusted.com.evil.com", false);
        check("trusted.com", "eviltrusted.com", false);
        check("trusted.com", "a.trusted.com", false);
        check("*.trusted.com", "trusted.com", false);
        check("*.trusted.com", "eviltrusted.com", false);
        check("*.trusted.com", ".trusted.com", false);
        check("*.trusted.com", "a.trusted.com.evil.com", false);
        check("trusted.com", "xn--trsted-9ya.com", false);
    }

    #[test]
    fn h34_a_pattern_that_would_match_too_much_is_none() {
        for text in ["", "*", "*.", "*.com", "**.a.b", "a.*.b", "a..b", "a.b.", "https://a.b", "a.b/c", "a b"]
        {
            assert_eq!(text.parse::<HostPattern>(), Err(InvalidHostPattern), "{text}");
        }
    }
}
