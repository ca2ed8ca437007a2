use oauth_types::ClientId;
use url::Url;

use super::DocumentSettings;
use crate::client::public_host::{is_loopback_url, is_public_url};

/// A `client_id` that may be fetched, as far as its text tells (draft section 3).
#[derive(Debug)]
pub(super) struct DocumentUrl {
    text: String,
    host: String,
}

/// Why a `client_id` names no document that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum RefusedUrl {
    #[error("the URL is not written in its normal form, or has a part that it must not have")]
    Syntax,
    #[error("the URL has no path")]
    NoPath,
    #[error("the host is no public name, or the port is not allowed")]
    Host,
    #[error("the host is not on the list")]
    NotListed,
}

impl DocumentUrl {
    pub(super) fn parse(id: &ClientId, settings: &DocumentSettings) -> Result<Self, RefusedUrl> {
        let text = id.as_str();
        let is_plain = |byte: u8| matches!(byte, 0x21..=0x7E) && !matches!(byte, b'\\' | b'#' | b'@');
        if !text.bytes().all(is_plain) || has_dot_segments(text) {
            return Err(RefusedUrl::Syntax);
        }
        // The normal form is the only one: two texts for one document would be two clients.
        let url = Url::parse(text).ok().filter(|it| it.as_str() == text && it.scheme() == "https");
        let url = url.ok_or(RefusedUrl::Syntax)?;
        if matches!(url.path(), "" | "/") {
            return Err(RefusedUrl::NoPath);
        }
        if !is_host_allowed(&url, settings) {
            return Err(RefusedUrl::Host);
        }
        let host = url.host_str().unwrap_or_default();
        if settings.hosts.as_ref().is_some_and(|all| !all.iter().any(|it| it.matches(host))) {
            return Err(RefusedUrl::NotListed);
        }
        Ok(Self { text: text.to_owned(), host: host.to_owned() })
    }

    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    pub(super) fn host(&self) -> &str {
        &self.host
    }
}

fn is_host_allowed(url: &Url, settings: &DocumentSettings) -> bool {
    if is_loopback_url(url) {
        return settings.allow_loopback;
    }
    let port = url.port_or_known_default();
    is_public_url(url) && port.is_some_and(|it| settings.ports.contains(&it))
}

/// The URL library resolves dot segments, so they are looked for in the text, with their encoded forms.
fn has_dot_segments(text: &str) -> bool {
    let path = text.split('?').next().unwrap_or_default().to_ascii_lowercase().replace("%2e", ".");
    let path = path.replace("%2f", "/").replace("%5c", "/");
    path.split(['/', ';']).any(|it| it == "." || it == "..")
}

#[cfg(test)]
mod tests;
