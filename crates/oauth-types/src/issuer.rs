use std::str::FromStr;

use serde::{Deserialize, Serialize};
use url::Url;

use crate::{is_loopback_host, text::text_conversions};

/// An authorization server's issuer identifier: an `https` URL without query or fragment (RFC 8414 section 2).
///
/// Compared byte for byte, never normalised (RFC 8414 section 3.3, RFC 9207 section 2.4):
/// `https://a.example` and `https://a.example/` are two issuers.
/// `http` is allowed for loopback hosts only, for development.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Issuer {
    text: String,
    url: Url,
}

/// Why a text is no issuer identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidIssuer {
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
}

impl Issuer {
    /// The identifier as written in the configuration or the document.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The issuer as a URL, which may be spelled otherwise than [`Issuer::as_str`].
    #[must_use]
    pub const fn url(&self) -> &Url {
        &self.url
    }

    /// Whether it names this machine, which only development configurations do.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        self.url.host().is_some_and(|host| is_loopback_host(&host))
    }

    /// Where its metadata may be, in the order to try: RFC 8414 first, then OpenID Connect Discovery
    /// (RFC 8414 sections 3.1 and 5; MCP 2025-11-25 "Authorization Server Metadata Discovery").
    ///
    /// Two URLs for an issuer without a path, three for one with a path.
    #[must_use]
    pub fn metadata_urls(&self) -> Vec<Url> {
        let base = &self.url;
        let path = base.path().trim_end_matches('/').to_owned();
        let at = |path: String| {
            let mut url = base.clone();
            url.set_path(&path);
            url
        };
        let mut urls = vec![
            at(format!("/.well-known/oauth-authorization-server{path}")),
            at(format!("/.well-known/openid-configuration{path}")),
        ];
        if !path.is_empty() {
            urls.push(at(format!("{path}/.well-known/openid-configuration")));
        }
        urls
    }
}

impl FromStr for Issuer {
    type Err = InvalidIssuer;

    fn from_str(text: &str) -> Result<Self, InvalidIssuer> {
        let url = Url::parse(text).map_err(|_| InvalidIssuer::Syntax)?;
        let host = url.host().ok_or(InvalidIssuer::Syntax)?;
        if text.chars().any(|it| it.is_whitespace() || it.is_control()) {
            return Err(InvalidIssuer::Syntax);
        }
        match url.scheme() {
            "https" => {}
            "http" if is_loopback_host(&host) => {}
            _ => return Err(InvalidIssuer::NotHttps),
        }
        if text.contains(['?', '#']) {
            return Err(InvalidIssuer::QueryOrFragment);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(InvalidIssuer::UserInfo);
        }
        Ok(Self { text: text.to_owned(), url })
    }
}

text_conversions!(Issuer, InvalidIssuer);

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<(), InvalidIssuer>) {
        assert_eq!(text.parse::<Issuer>().map(drop), expected, "{text:?}");
    }

    #[test]
    fn o01_o02_an_issuer_is_https_without_query_fragment_or_user() {
        check("https://as.example", Ok(()));
        check("https://as.example/", Ok(()));
        check("https://as.example/realms/r", Ok(()));
        check("http://127.0.0.1:8080", Ok(()));
        check("http://localhost:8080/x", Ok(()));
        check("http://[::1]:1", Ok(()));
        check("http://as.example", Err(InvalidIssuer::NotHttps));
        check("http://localhost.evil", Err(InvalidIssuer::NotHttps));
        check("ftp://as.example", Err(InvalidIssuer::NotHttps));
        check("https://as.example?x=1", Err(InvalidIssuer::QueryOrFragment));
        check("https://as.example/#", Err(InvalidIssuer::QueryOrFragment));
        check("https://me@as.example", Err(InvalidIssuer::UserInfo));
        check("https://me:pw@as.example", Err(InvalidIssuer::UserInfo));
        check("as.example", Err(InvalidIssuer::Syntax));
        check("", Err(InvalidIssuer::Syntax));
        check(" https://as.example", Err(InvalidIssuer::Syntax));
        check("https://as.exa\tmple", Err(InvalidIssuer::Syntax));
    }

    #[test]
    fn metadata_is_looked_for_at_the_rfc_8414_place_first() {
        let urls = |text: &str| {
            text.parse::<Issuer>()
                .unwrap()
                .metadata_urls()
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
        };
        assert_eq!(
            urls("https://as.example"),
            [
                "https://as.example/.well-known/oauth-authorization-server",
                "https://as.example/.well-known/openid-configuration",
            ]
        );
        assert_eq!(
            urls("https://as.example/t/"),
            [
                "https://as.example/.well-known/oauth-authorization-server/t",
                "https://as.example/.well-known/openid-configuration/t",
                "https://as.example/t/.well-known/openid-configuration",
            ]
        );
    }

    #[test]
    fn b11_issuers_that_differ_in_a_slash_are_two() {
        let issuer = |text: &str| text.parse::<Issuer>().unwrap();
        assert_ne!(issuer("https://as.example"), issuer("https://as.example/"));
        assert_ne!(issuer("https://as.example"), issuer("https://AS.example"));
        assert_eq!(issuer("https://as.example"), issuer("https://as.example"));
    }
}
