//! Hosts and places, so that what counts in them is seen.

use super::text::Shown;

/// A host or `scheme://host`, with its last labels told apart from what anybody can put before them.
///
/// Nobody can register `google.com.evil.example` without owning the end of it, so the end is what must be seen.
#[derive(Debug)]
pub(super) struct Address {
    /// With `://`; empty for a bare host.
    pub(super) scheme: Shown,
    /// The labels that the owner of `end` chose, with a dot behind each; empty for short hosts.
    pub(super) lead: Shown,
    /// The last three labels.
    pub(super) end: Shown,
}

impl Address {
    /// Takes `text` apart; what is no host is shown whole as the end.
    pub(super) fn new(text: &str) -> Self {
        let (scheme, host) = match text.find("://") {
            Some(at) => text.split_at(at + "://".len()),
            None => ("", text),
        };
        let (lead, end) = host.split_at(start_of_end(host));
        Self {
            scheme: Shown::cut(scheme, SCHEME_LIMIT),
            lead: Shown::cut_front(lead, LEAD_LIMIT),
            end: Shown::cut_front(end, END_LIMIT),
        }
    }
}

/// Where the last three labels begin; 0 for addresses of numbers, which have no labels.
fn start_of_end(host: &str) -> usize {
    if host.starts_with('[') || host.chars().all(|it| it.is_ascii_digit() || matches!(it, '.' | ':')) {
        return 0;
    }
    host.rmatch_indices('.').nth(LABELS_OF_END - 1).map_or(0, |(at, dot)| at + dot.len())
}

/// Enough for `name.co.uk` and `name.github.io`.
const LABELS_OF_END: usize = 3;
const SCHEME_LIMIT: usize = 64;
const LEAD_LIMIT: usize = 64;
/// Three labels of 63 characters, and a port (RFC 1035 section 2.3.4).
const END_LIMIT: usize = 200;

#[cfg(test)]
mod tests;
