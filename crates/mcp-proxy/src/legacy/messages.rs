use aws_lc_rs::constant_time;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Uri;
use http::uri::PathAndQuery;

use crate::{SessionKey, UpstreamFault};

/// The addresses that messages are posted to, as clients know them.
///
/// A client is given `<path>?session=<tag>.<the upstream's path and query in base64url>`, where the tag authenticates
/// principal, server and the upstream's path.
/// So an address works for the principal whose stream named it and for nobody else, and no table is kept.
#[derive(Debug)]
pub(crate) struct MessageAddresses {
    key: SessionKey,
    server: String,
    path: String,
    upstream: Uri,
}

impl MessageAddresses {
    /// Those at `path`, for the messages of the upstream whose stream is at `upstream`.
    pub(crate) const fn new(key: SessionKey, server: String, path: String, upstream: Uri) -> Self {
        Self { key, server, path, upstream }
    }

    /// Whether messages are posted to this path.
    pub(crate) fn are_at(&self, path: &str) -> bool {
        path == self.path
    }

    /// What `principal` is told in place of `upstream`, which is at the upstream's own origin.
    pub(super) fn issue(&self, principal: &str, upstream: &Uri) -> Result<String, UpstreamFault> {
        let address = upstream.path_and_query().map_or("/", PathAndQuery::as_str);
        if address.len() > MAX_ADDRESS {
            return Err(UpstreamFault::Endpoint);
        }
        let tag = URL_SAFE_NO_PAD.encode(self.tag(principal, address.as_bytes()));
        Ok(format!("{}?{PARAMETER}{tag}.{}", self.path, URL_SAFE_NO_PAD.encode(address)))
    }

    /// Where a message of `principal` goes that came with `query`; `None` unless it was issued to them.
    pub(crate) fn open(&self, principal: &str, query: Option<&str>) -> Option<Uri> {
        let (tag, address) = query?.strip_prefix(PARAMETER)?.split_once('.')?;
        let address = URL_SAFE_NO_PAD.decode(address).ok()?;
        let presented = URL_SAFE_NO_PAD.decode(tag).ok()?;
        constant_time::verify_slices_are_equal(&presented, self.tag(principal, &address).as_ref()).ok()?;
        let mut parts = self.upstream.clone().into_parts();
        parts.path_and_query = Some(PathAndQuery::try_from(address).ok()?);
        Uri::from_parts(parts).ok()
    }

    fn tag(&self, principal: &str, address: &[u8]) -> aws_lc_rs::hmac::Tag {
        self.key.authenticate([LABEL, principal.as_bytes(), self.server.as_bytes(), address])
    }
}

const PARAMETER: &str = "session=";
const LABEL: &[u8] = b"mcp message address";
/// More than any server needs for the id of a session.
const MAX_ADDRESS: usize = 2 * 1024;
