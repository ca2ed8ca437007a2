use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::client::strict_json;

/// The `iss` that an assertion claims, before anything of it is proven: it only selects among the trusted issuers.
pub(super) fn issuer(assertion: &str) -> Option<String> {
    if assertion.len() > MAX_LEN {
        return None;
    }
    let mut parts = assertion.split('.');
    let (Some(_), Some(payload), Some(_), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return None;
    };
    let payload = URL_SAFE_NO_PAD.decode(payload).ok()?;
    strict_json::object(&payload).ok()?.get("iss")?.as_str().map(str::to_owned)
}

const MAX_LEN: usize = 16 * 1024;
