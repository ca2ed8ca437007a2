//! Which web pages may call an MCP endpoint.

use std::collections::BTreeSet;

use http::{HeaderMap, header};
use url::{Origin, Url};

use crate::reason::Reason;

/// The web origins whose pages may call the MCP endpoints.
#[derive(Clone, Debug)]
pub(crate) struct Origins {
    allowed: BTreeSet<String>,
    /// A gateway on loopback serves pages on loopback, such as an inspector on another port.
    loopback: bool,
}

impl Origins {
    /// Our own origin, `further` ones, and every loopback origin when `public_url` is itself on loopback.
    pub(crate) fn new(public_url: &Url, further: &[String]) -> Self {
        let mut allowed: BTreeSet<String> = further.iter().cloned().collect();
        allowed.insert(public_url.origin().ascii_serialization());
        let loopback = public_url.host().is_some_and(|host| oauth_types::is_loopback_host(&host));
        Self { allowed, loopback }
    }

    /// Requests without `Origin` are no browser's, or come from our own pages.
    ///
    /// # Errors
    /// [`Reason::OriginForbidden`] for any other origin (MCP 2025-11-25 "Security Warning" of the transports).
    pub(crate) fn check(&self, headers: &HeaderMap) -> Result<(), Reason> {
        let mut origins = headers.get_all(header::ORIGIN).iter();
        let Some(origin) = origins.next() else { return Ok(()) };
        if origins.next().is_some() {
            return Err(Reason::OriginForbidden);
        }
        let origin = origin.to_str().map_err(|_| Reason::OriginForbidden)?;
        if self.allowed.contains(origin) || (self.loopback && is_loopback_origin(origin)) {
            return Ok(());
        }
        Err(Reason::OriginForbidden)
    }
}

fn is_loopback_origin(text: &str) -> bool {
    let Ok(url) = Url::parse(text) else { return false };
    matches!(url.scheme(), "http" | "https")
        && matches!(url.origin(), Origin::Tuple(..))
        && url.origin().ascii_serialization() == text
        && url.host().is_some_and(|host| oauth_types::is_loopback_host(&host))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[track_caller]
    fn check(public_url: &str, origin: &[&str], accepted: bool) {
        let origins = Origins::new(&public_url.parse().unwrap(), &["https://app.example".to_owned()]);
        let headers: HeaderMap =
            origin.iter().map(|it| (header::ORIGIN, HeaderValue::from_str(it).unwrap())).collect();
        assert_eq!(origins.check(&headers).is_ok(), accepted, "{origin:?}");
    }

    #[test]
    fn d11_a_foreign_page_may_not_call() {
        const PUBLIC: &str = "https://mcp.example";
        check(PUBLIC, &[], true);
        check(PUBLIC, &["https://mcp.example"], true);
        check(PUBLIC, &["https://app.example"], true);
        for foreign in [
            "https://evil",
            "null",
            "",
            "http://mcp.example",
            "https://mcp.example:8443",
            "https://mcp.example.evil",
            "http://localhost",
            "http://localhost.evil",
            "https://app.example/",
        ] {
            check(PUBLIC, &[foreign], false);
        }
        check(PUBLIC, &["https://mcp.example", "https://mcp.example"], false);
    }

    #[test]
    fn d11_on_loopback_pages_of_loopback_may_call() {
        const PUBLIC: &str = "http://127.0.0.1:8080";
        check(PUBLIC, &["http://localhost:6274"], true);
        check(PUBLIC, &["http://127.0.0.1:1"], true);
        check(PUBLIC, &["http://[::1]:1"], true);
        for foreign in
            ["https://evil", "null", "http://localhost.evil", "http://127.0.0.1.evil", "http://localhost:1/x"]
        {
            check(PUBLIC, &[foreign], false);
        }
    }
}
