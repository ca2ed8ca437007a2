use std::sync::{PoisonError, RwLock};

use http::uri::{PathAndQuery, Scheme};
use http::{HeaderValue, Uri};

use crate::{ProxySetupError, UpstreamTarget};

/// The address that requests are sent to: the configured one, or, a slash at its end apart, where a permanent redirect has moved it.
#[derive(Debug)]
pub(crate) struct Target {
    configured: Uri,
    /// `Host` for HTTP/1.1; `None` where the client library is left to it, because HTTP/2 may be spoken.
    host: Option<HeaderValue>,
    moved: RwLock<Option<Uri>>,
}

impl Target {
    pub(crate) fn new(target: &UpstreamTarget) -> Result<Self, ProxySetupError> {
        let configured = match target {
            UpstreamTarget::Http(uri) | UpstreamTarget::Sse { stream: uri, .. } => check_uri(uri)?,
            UpstreamTarget::Unix { path, .. } => local_uri(path)?,
        };
        let host = if configured.scheme() == Some(&Scheme::HTTP) { host_of(&configured) } else { None };
        Ok(Self { configured, host, moved: RwLock::new(None) })
    }

    /// Where the next request goes.
    pub(crate) fn uri(&self) -> Uri {
        let moved = self.moved.read().unwrap_or_else(PoisonError::into_inner);
        moved.as_ref().unwrap_or(&self.configured).clone()
    }

    pub(crate) fn host(&self) -> Option<&HeaderValue> {
        self.host.as_ref()
    }

    /// Sends later requests to `uri` (RFC 9110 section 15.4.9).
    pub(crate) fn move_to(&self, uri: Uri) {
        *self.moved.write().unwrap_or_else(PoisonError::into_inner) = Some(uri);
    }

    /// Sends later requests to the configured address again, if `uri` is where they were moved to.
    pub(crate) fn forget(&self, uri: &Uri) {
        let is_moved = self.moved.read().unwrap_or_else(PoisonError::into_inner).as_ref() == Some(uri);
        if is_moved {
            *self.moved.write().unwrap_or_else(PoisonError::into_inner) = None;
        }
    }
}

fn check_uri(uri: &Uri) -> Result<Uri, ProxySetupError> {
    let known = matches!(uri.scheme_str(), Some("http" | "https"));
    let authority = uri.authority().filter(|_| known).ok_or(ProxySetupError::Scheme)?;
    if authority.as_str().contains('@') {
        return Err(ProxySetupError::Credentials);
    }
    Ok(uri.clone())
}

/// A unix socket has no authority; servers that demand one are content with this.
fn local_uri(path: &str) -> Result<Uri, ProxySetupError> {
    let path = path.parse::<PathAndQuery>().ok().filter(|path| path.as_str().starts_with('/'));
    Uri::builder()
        .scheme(Scheme::HTTP)
        .authority("localhost")
        .path_and_query(path.ok_or(ProxySetupError::Path)?)
        .build()
        .map_err(|_| ProxySetupError::Path)
}

fn host_of(uri: &Uri) -> Option<HeaderValue> {
    let authority = uri.authority()?.as_str();
    HeaderValue::from_str(authority.strip_suffix(":80").unwrap_or(authority)).ok()
}
