use std::str::FromStr;

use percent_encoding::percent_decode;
use serde::{Deserialize, Serialize};
use url::{Host, Url};

use crate::{is_loopback_host, text::text_conversions};

/// Where an authorization response may be sent: `https`, `http` on a loopback host, or a private-use scheme
/// (OAuth 2.1 section 2.3; RFC 8252 section 7).
///
/// Kept and sent as written; at most 2048 bytes of printable ASCII.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RedirectUri {
    text: String,
    url: Url,
}

/// Why a text is no redirect URI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRedirectUri {
    /// Not an absolute URI, too long, or with characters that different programs read differently.
    #[error("is not an absolute URI of printable ASCII")]
    Syntax,
    /// `http` on a host that is not loopback.
    #[error("must be https (http is for loopback hosts only)")]
    NotHttps,
    /// A scheme that runs code, opens files, or hands a web address to another browser.
    #[error("has a scheme that cannot receive an authorization response")]
    Scheme,
    /// Holds a fragment.
    #[error("must have no fragment")]
    Fragment,
    /// Holds a user name or a password.
    #[error("must have no user name and no password")]
    UserInfo,
    /// Its path has dot segments, also encoded ones.
    #[error("must have no dot segments")]
    DotSegments,
    /// Its query already has a parameter of the response.
    #[error("must not carry code, state, iss or error in its query")]
    ResponseParameter,
}

impl RedirectUri {
    /// The URI as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The URI as parsed, for building a response on it.
    #[must_use]
    pub const fn url(&self) -> &Url {
        &self.url
    }

    /// Whether the response goes to a loopback address over `http`, where the port does not count.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        self.url.scheme() == "http"
    }

    /// Whether the response stays on the person's own machine, whatever the scheme.
    #[must_use]
    pub fn is_on_own_device(&self) -> bool {
        self.is_private_use() || self.url.host().is_some_and(|host| is_loopback_host(&host))
    }

    /// Whether only a program that registered its scheme receives the response.
    #[must_use]
    pub fn is_private_use(&self) -> bool {
        !matches!(self.url.scheme(), "http" | "https")
    }

    /// Scheme and host, the part that tells a person where they are sent.
    #[must_use]
    pub fn place(&self) -> String {
        match self.url.host() {
            Some(host) if !self.is_private_use() => format!("{}://{host}", self.url.scheme()),
            _ => format!("{}:", self.url.scheme()),
        }
    }

    /// Whether a request for `requested` may be answered there.
    ///
    /// Byte for byte, with two exceptions for `http` on a loopback host: any port is accepted
    /// (RFC 8252 section 7.3), and an empty path equals `/`.
    #[must_use]
    pub fn matches(&self, requested: &Self) -> bool {
        if self.text == requested.text {
            return true;
        }
        self.is_loopback()
            && requested.is_loopback()
            && self.url.host() == requested.url.host()
            && self.url.path() == requested.url.path()
            && self.url.query() == requested.url.query()
    }
}

impl FromStr for RedirectUri {
    type Err = InvalidRedirectUri;

    fn from_str(text: &str) -> Result<Self, InvalidRedirectUri> {
        let plain = |byte: u8| {
            matches!(byte, 0x21..=0x7E)
                && !matches!(byte, b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}')
        };
        if text.len() > 2048 || !text.bytes().all(plain) {
            return Err(InvalidRedirectUri::Syntax);
        }
        let url = Url::parse(text).map_err(|_| InvalidRedirectUri::Syntax)?;
        if text.contains('#') {
            return Err(InvalidRedirectUri::Fragment);
        }
        check_scheme(&url, text)?;
        if !url.username().is_empty() || url.password().is_some() || authority(text).contains('@') {
            return Err(InvalidRedirectUri::UserInfo);
        }
        check_path(text, &url)?;
        if url.query_pairs().any(|(name, _)| matches!(&*name, "code" | "state" | "iss" | "error")) {
            return Err(InvalidRedirectUri::ResponseParameter);
        }
        Ok(Self { text: text.to_owned(), url })
    }
}

fn check_scheme(url: &Url, text: &str) -> Result<(), InvalidRedirectUri> {
    match url.scheme() {
        "https" => url.host().map(drop).ok_or(InvalidRedirectUri::Syntax),
        "http" => match url.host() {
            Some(host) if is_loopback_host(&host) && !is_disguised(url, &host) => Ok(()),
            _ => Err(InvalidRedirectUri::NotHttps),
        },
        scheme if is_forbidden(scheme) || holds_web_address(text) => Err(InvalidRedirectUri::Scheme),
        _ => Ok(()),
    }
}

fn is_forbidden(scheme: &str) -> bool {
    scheme.len() < 3
        || FORBIDDEN_SCHEMES.contains(&scheme)
        || FORBIDDEN_PREFIXES.iter().any(|it| scheme.starts_with(it))
}

/// Whether a web address comes after the scheme, however often it is percent-encoded: some program may go there,
/// whatever the scheme.
fn holds_web_address(text: &str) -> bool {
    let (_, rest) = text.split_once(':').unwrap_or_default();
    let mut rest = rest.to_ascii_lowercase().into_bytes();
    loop {
        let has = |name: &[u8]| rest.windows(name.len()).any(|it| it == name);
        if has(b"http:") || has(b"https:") {
            return true;
        }
        let decoded: Vec<u8> = percent_decode(&rest).map(|it| it.to_ascii_lowercase()).collect();
        if decoded.len() == rest.len() {
            return false;
        }
        rest = decoded;
    }
}

/// An address written so that another program could read another one: `127.1`, `0x7f.1`.
fn is_disguised(url: &Url, host: &Host<&str>) -> bool {
    matches!(host, Host::Ipv4(address) if url.host_str() != Some(&address.to_string()))
}

/// The URL library resolves dot segments, so they are looked for in the text.
fn check_path(text: &str, url: &Url) -> Result<(), InvalidRedirectUri> {
    let path = text.split('?').next().unwrap_or_default().to_ascii_lowercase().replace("%2e", ".");
    if path.split(['/', ';']).any(|segment| segment == "." || segment == "..") {
        return Err(InvalidRedirectUri::DotSegments);
    }
    // A host written in another form than the canonical one is another text for the same place.
    if matches!(url.scheme(), "http" | "https") && !same_authority(text, url) {
        return Err(InvalidRedirectUri::Syntax);
    }
    Ok(())
}

fn same_authority(text: &str, url: &Url) -> bool {
    let written = authority(text);
    let host = url.host_str().unwrap_or_default();
    written.strip_prefix(host).is_some_and(|port| port.is_empty() || port.starts_with(':'))
}

fn authority(text: &str) -> &str {
    let rest = text.split_once("://").map_or("", |(_, rest)| rest);
    rest.split(['/', '?']).next().unwrap_or_default()
}

/// What runs code, opens files, or hands the response to somebody who did not ask for it.
const FORBIDDEN_SCHEMES: [&str; 35] = [
    "about",
    "blob",
    "chrome",
    "data",
    "file",
    "filesystem",
    "ftp",
    "intent",
    "irc",
    "ircs",
    "jar",
    "javascript",
    "magnet",
    "mailto",
    "matrix",
    "news",
    "nntp",
    "opera",
    "res",
    "resource",
    "search-ms",
    "sftp",
    "shell",
    "sms",
    "smsto",
    "ssh",
    "tel",
    "telnet",
    "urn",
    "vbscript",
    "view-source",
    "webcal",
    "ws",
    "wss",
    "xmpp",
];

/// Schemes of browsers, which open the web address that follows; of their extensions; of programs that start others;
/// and those that a web site can register for.
const FORBIDDEN_PREFIXES: [&str; 20] = [
    "android-app",
    "brave",
    "chrome-",
    "ddgquicklink",
    "duckduckgo",
    "firefox",
    "googlechrome",
    "itms",
    "microsoft-edge",
    "moz-extension",
    "ms-",
    "opera-",
    "safari",
    "samsungbrowser",
    "shortcuts",
    "ucbrowser",
    "vivaldi",
    "web+",
    "x-safari-",
    "x-web-search",
];

text_conversions!(RedirectUri, InvalidRedirectUri);

#[cfg(test)]
mod tests;
