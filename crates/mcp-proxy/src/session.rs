use aws_lc_rs::{constant_time, hmac};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderMap, HeaderName, HeaderValue};
use oauth_types::Entropy;

use crate::{ForwardError, UpstreamFault};

/// The key under which MCP session ids are bound to principals.
///
/// Replicas that share clients share the key; a new key makes every client open a new session.
#[derive(Clone)]
pub struct SessionKey(hmac::Key);

impl SessionKey {
    /// The key of these bytes, which must be secret and random.
    #[must_use]
    pub fn new(secret: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, secret))
    }

    /// A key that lives as long as the process.
    #[must_use]
    pub fn random(entropy: &dyn Entropy) -> Self {
        let mut secret = [0; 32];
        entropy.fill(&mut secret);
        Self::new(&secret)
    }

    /// Authenticates `parts`: every one is preceded by its length, so no two lists authenticate the same bytes.
    pub(crate) fn authenticate<const N: usize>(&self, parts: [&[u8]; N]) -> hmac::Tag {
        let mut context = hmac::Context::with_key(&self.0);
        for part in parts {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        context.sign()
    }
}

impl std::fmt::Debug for SessionKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("SessionKey(..)")
    }
}

/// The MCP session ids of one upstream (MCP 2025-11-25, transports, session management).
///
/// The client is given `<tag>.<upstream id>`, where the tag authenticates principal, server and upstream id.
/// So an id works for the principal that opened the session and for nobody else, and no table is kept.
#[derive(Debug)]
pub(crate) struct McpSessions {
    key: SessionKey,
    server: String,
}

/// A session id as both sides know it; exists only for the principal it belongs to.
#[derive(Debug)]
pub(crate) struct OpenedSession {
    shown: HeaderValue,
    upstream: HeaderValue,
}

impl OpenedSession {
    /// The id that the upstream gave.
    pub(crate) fn upstream_id(&self) -> &HeaderValue {
        &self.upstream
    }
}

impl McpSessions {
    pub(crate) fn new(key: SessionKey, server: String) -> Self {
        Self { key, server }
    }

    /// Opens the session id of a request, which may have none.
    pub(crate) fn open(
        &self,
        client: &HeaderMap,
        principal: &str,
    ) -> Result<Option<OpenedSession>, ForwardError> {
        let mut values = client.get_all(MCP_SESSION_ID).iter();
        let Some(shown) = values.next() else { return Ok(None) };
        if values.next().is_some() {
            return Err(ForwardError::Session);
        }
        let upstream = self.open_text(shown.as_bytes(), principal).ok_or(ForwardError::Session)?;
        Ok(Some(OpenedSession { shown: shown.clone(), upstream }))
    }

    fn open_text(&self, shown: &[u8], principal: &str) -> Option<HeaderValue> {
        let (tag, rest) = shown.split_at_checked(TAG_LENGTH)?;
        let id = rest.strip_prefix(b".").filter(|id| is_session_id(id))?;
        let mut presented = [0; 32];
        let length = URL_SAFE_NO_PAD.decode_slice(tag, &mut presented).ok()?;
        let expected = self.tag(principal, id);
        constant_time::verify_slices_are_equal(presented.get(..length)?, expected.as_ref()).ok()?;
        HeaderValue::from_bytes(id).ok()
    }

    /// The value for the client of the session id in an answer, which may have none.
    pub(crate) fn show(
        &self,
        answer: &HeaderMap,
        principal: &str,
        opened: Option<&OpenedSession>,
    ) -> Result<Option<HeaderValue>, UpstreamFault> {
        let mut values = answer.get_all(MCP_SESSION_ID).iter();
        let Some(id) = values.next() else { return Ok(None) };
        if values.next().is_some() || !is_session_id(id.as_bytes()) {
            return Err(UpstreamFault::SessionId);
        }
        match opened.filter(|opened| opened.upstream == *id) {
            Some(opened) => Ok(Some(opened.shown.clone())),
            None => self.issue(principal, id).map(Some),
        }
    }

    fn issue(&self, principal: &str, id: &HeaderValue) -> Result<HeaderValue, UpstreamFault> {
        let tag = self.tag(principal, id.as_bytes());
        let mut shown = Vec::with_capacity(TAG_LENGTH + 1 + id.len());
        shown.extend_from_slice(URL_SAFE_NO_PAD.encode(tag).as_bytes());
        shown.push(b'.');
        shown.extend_from_slice(id.as_bytes());
        HeaderValue::from_maybe_shared(bytes::Bytes::from(shown)).map_err(|_| UpstreamFault::SessionId)
    }

    fn tag(&self, principal: &str, id: &[u8]) -> hmac::Tag {
        self.key.authenticate([LABEL, principal.as_bytes(), self.server.as_bytes(), id])
    }
}

/// Visible ASCII only, as the specification demands.
fn is_session_id(id: &[u8]) -> bool {
    !id.is_empty() && id.iter().all(u8::is_ascii_graphic)
}

pub(crate) const MCP_SESSION_ID: HeaderName = HeaderName::from_static("mcp-session-id");
const LABEL: &[u8] = b"mcp session id";
/// 32 bytes in base64url without padding.
const TAG_LENGTH: usize = 43;

#[cfg(test)]
mod tests;
