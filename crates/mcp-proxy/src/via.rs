use http::header::VIA;
use http::{HeaderMap, HeaderValue};
use oauth_types::{Entropy, SystemEntropy};

use crate::ForwardError;

/// The pseudonym of one proxy in `Via`, drawn at random, by which it knows its own requests (RFC 9110 section 7.6.3).
#[derive(Clone, Debug)]
pub(crate) struct ViaMarker {
    value: HeaderValue,
}

impl ViaMarker {
    pub(crate) fn random() -> Self {
        let mut bytes = [0; 8];
        SystemEntropy.fill(&mut bytes);
        let text = format!("1.1 {PSEUDONYM}{:016x}", u64::from_be_bytes(bytes));
        let value = HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("1.1 mcp-gateway"));
        Self { value }
    }

    /// Refuses a request that has passed this proxy before.
    pub(crate) fn check(&self, client: &HeaderMap) -> Result<(), ForwardError> {
        let own = self.value.as_bytes();
        let seen = client.get_all(VIA).iter().flat_map(entries).any(|entry| entry == own);
        if seen { Err(ForwardError::Loop) } else { Ok(()) }
    }

    /// Passes the markers of other gateways on, so that a loop over several is seen too, and adds its own.
    pub(crate) fn mark(&self, client: &HeaderMap, outgoing: &mut HeaderMap) {
        for value in client.get_all(VIA) {
            for entry in entries(value).filter(|entry| is_marker(entry)).take(MAX_HOPS) {
                if let Ok(entry) = HeaderValue::from_bytes(entry) {
                    outgoing.append(VIA, entry);
                }
            }
        }
        outgoing.append(VIA, self.value.clone());
    }
}

fn entries(value: &HeaderValue) -> impl Iterator<Item = &[u8]> {
    value.as_bytes().split(|byte| *byte == b',').map(<[u8]>::trim_ascii)
}

/// Whether `entry` has the exact shape of a marker; other entries would tell the upstream about the way to us.
fn is_marker(entry: &[u8]) -> bool {
    entry
        .strip_prefix(b"1.1 ")
        .and_then(|name| name.strip_prefix(PSEUDONYM.as_bytes()))
        .is_some_and(|id| id.len() == 16 && id.iter().all(u8::is_ascii_hexdigit))
}

const PSEUDONYM: &str = "mcp-gateway-";
const MAX_HOPS: usize = 16;
