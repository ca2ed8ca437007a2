use std::str::FromStr;

use serde::{Deserialize, Serialize};
use url::Url;

use crate::{is_loopback_host, text::text_conversions};

/// A resource identifier: an `https` URI without query and fragment (RFC 9728 section 1.2, RFC 8707 section 2).
///
/// Written canonically: lower-case scheme and host, no default port, a path without `.` or `..`,
/// and for an origin the single slash that URL libraries add.
/// Compared byte for byte. `http` is allowed for loopback hosts only, for development.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ResourceUri {
    text: String,
    path_start: usize,
}

/// Why a text is no resource identifier.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidResourceUri {
    /// Not an absolute URL with a host.
    #[error("is not an absolute URL with a host")]
    Syntax,
    /// Neither `https` nor `http` on a loopback host.
    #[error("must be https (http is for loopback hosts only)")]
    NotHttps,
    /// Holds a query or a fragment.
    #[error("must have no query and no fragment")]
    QueryOrFragment,
    /// Holds a user name or a password.
    #[error("must have no user name and no password")]
    UserInfo,
    /// Not in canonical form.
    #[error("must be written canonically, as `{0}`")]
    NotCanonical(String),
}

impl ResourceUri {
    /// The identifier, byte for byte as clients must name it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Its path, `/` for an origin.
    #[must_use]
    pub fn path(&self) -> &str {
        self.text.get(self.path_start..).unwrap_or("/")
    }

    /// Scheme, host and port, without a trailing slash.
    #[must_use]
    pub fn origin(&self) -> &str {
        self.text.get(..self.path_start).unwrap_or(&self.text)
    }

    /// The spellings of an audience that mean this resource: itself, and for an origin also the form without slash
    /// (URL libraries disagree about it; MCP 2025-11-25 "Canonical Server URI").
    #[must_use]
    pub fn audiences(&self) -> Vec<String> {
        if self.path() == "/" {
            return vec![self.text.clone(), self.origin().to_owned()];
        }
        vec![self.text.clone()]
    }
}

impl FromStr for ResourceUri {
    type Err = InvalidResourceUri;

    fn from_str(text: &str) -> Result<Self, InvalidResourceUri> {
        let url = Url::parse(text).map_err(|_| InvalidResourceUri::Syntax)?;
        let host = url.host().ok_or(InvalidResourceUri::Syntax)?;
        match url.scheme() {
            "https" => {}
            "http" if is_loopback_host(&host) => {}
            _ => return Err(InvalidResourceUri::NotHttps),
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(InvalidResourceUri::QueryOrFragment);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(InvalidResourceUri::UserInfo);
        }
        let canonical = url.as_str();
        let path_start = canonical.len() - url.path().len();
        if canonical != text && canonical.strip_suffix('/') != Some(text) {
            return Err(InvalidResourceUri::NotCanonical(canonical.to_owned()));
        }
        Ok(Self { text: canonical.to_owned(), path_start })
    }
}

text_conversions!(ResourceUri, InvalidResourceUri);

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<&str, InvalidResourceUri>) {
        let parsed = text.parse::<ResourceUri>();
        assert_eq!(parsed.as_ref().map(ResourceUri::as_str), expected.as_ref().map(|it| *it), "{text:?}");
    }

    #[test]
    fn o03_a_resource_is_a_canonical_https_uri() {
        check("https://mcp.example/mcp", Ok("https://mcp.example/mcp"));
        check("https://mcp.example", Ok("https://mcp.example/"));
        check("https://mcp.example/", Ok("https://mcp.example/"));
        check("http://127.0.0.1:8080/mcp", Ok("http://127.0.0.1:8080/mcp"));
        check("http://mcp.example/mcp", Err(InvalidResourceUri::NotHttps));
        check("http://localhost.evil/mcp", Err(InvalidResourceUri::NotHttps));
        check("https://mcp.example/mcp?x=1", Err(InvalidResourceUri::QueryOrFragment));
        check("https://mcp.example/mcp#x", Err(InvalidResourceUri::QueryOrFragment));
        check("https://me@mcp.example/mcp", Err(InvalidResourceUri::UserInfo));
        check("*", Err(InvalidResourceUri::Syntax));
        let canonical = |text: &str| Err(InvalidResourceUri::NotCanonical(text.to_owned()));
        check("https://MCP.example/mcp", canonical("https://mcp.example/mcp"));
        check("https://mcp.example:443/mcp", canonical("https://mcp.example/mcp"));
        check("https://mcp.example/a/../mcp", canonical("https://mcp.example/mcp"));
    }

    #[test]
    fn an_origin_has_two_audience_spellings_and_a_path_one() {
        let audiences = |text: &str| text.parse::<ResourceUri>().unwrap().audiences();
        assert_eq!(audiences("https://mcp.example"), ["https://mcp.example/", "https://mcp.example"]);
        assert_eq!(audiences("https://mcp.example/mcp"), ["https://mcp.example/mcp"]);
        assert_eq!(audiences("https://mcp.example/mcp/"), ["https://mcp.example/mcp/"]);
    }

    #[test]
    fn origin_and_path_make_the_whole() {
        let resource: ResourceUri = "https://mcp.example:8443/a/b".parse().unwrap();
        assert_eq!((resource.origin(), resource.path()), ("https://mcp.example:8443", "/a/b"));
    }
}
