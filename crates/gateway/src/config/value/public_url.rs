use std::str::FromStr;

use oauth_types::{InvalidResourceUri, Issuer, ResourceUri, is_loopback_host};
use url::Url;

use super::{EndpointPath, text_value};

/// The origin that clients type: scheme, host and port.
///
/// `https`, or `http` on a loopback host for development; written canonically, with or without the final slash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl {
    origin: String,
    url: Url,
}

/// Why a text is no public URL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPublicUrl {
    /// It could not be the resource identifier of anything.
    #[error(transparent)]
    Resource(#[from] InvalidResourceUri),
    /// It has a path.
    #[error("must be an origin without a path: write `{0}`, and the path in `[[server]]`")]
    Path(String),
}

impl PublicUrl {
    /// The origin without a final slash, such as `https://mcp.example.com`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.origin
    }

    /// The origin as a URL.
    #[must_use]
    pub const fn url(&self) -> &Url {
        &self.url
    }

    /// The value of `Host` that clients send: the host, with the port if it is not the scheme's own.
    #[must_use]
    pub fn host(&self) -> &str {
        self.origin.split_once("://").map_or(&self.origin, |(_, host)| host)
    }

    /// Whether clients use HTTPS.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// Whether it names this machine, which only development configurations do.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        self.url.host().is_some_and(|host| is_loopback_host(&host))
    }

    /// The issuer that it is for the tokens of the gateway itself: the bare origin (RFC 8414 section 2).
    #[must_use]
    #[expect(
        clippy::expect_used,
        clippy::missing_panics_doc,
        reason = "a canonical origin is an issuer, see the proof"
    )]
    pub fn issuer(&self) -> Issuer {
        self.origin.parse().expect("https or loopback, without user name, query and fragment")
    }

    /// The resource identifier of the server at `path` (RFC 9728 section 1.2).
    #[must_use]
    #[expect(
        clippy::expect_used,
        clippy::missing_panics_doc,
        reason = "both parts are canonical, see the proof"
    )]
    pub fn resource(&self, path: &EndpointPath) -> ResourceUri {
        let text = format!("{}{path}", self.origin);
        text.parse().expect("a canonical origin followed by a canonical path is a canonical URI")
    }
}

impl FromStr for PublicUrl {
    type Err = InvalidPublicUrl;

    fn from_str(text: &str) -> Result<Self, InvalidPublicUrl> {
        let resource: ResourceUri = text.parse().map_err(without_final_slash)?;
        let origin = resource.origin().to_owned();
        if resource.path() != "/" {
            return Err(InvalidPublicUrl::Path(origin));
        }
        let url = Url::parse(&origin).map_err(|_| InvalidResourceUri::Syntax)?;
        Ok(Self { origin, url })
    }
}

/// The canonical form as documents show it: clients append a path to it.
fn without_final_slash(error: InvalidResourceUri) -> InvalidResourceUri {
    match error {
        InvalidResourceUri::NotCanonical(text) => {
            InvalidResourceUri::NotCanonical(text.trim_end_matches('/').to_owned())
        }
        other => other,
    }
}

text_value!(PublicUrl, "an origin such as `https://mcp.example.com`");
