use http::HeaderMap;
use oauth_types::UnixTime;
use serde_json::{Map, Value};

use crate::{
    Algorithm, Reason, Refusal,
    jwt::{Header, decode, numeric_date, strict_object},
    key::Key,
    key_set,
    refusal::quoted,
};

/// The longest proof that is looked at: 4 KiB, several times what the largest RSA key needs.
pub const MAX_PROOF_BYTES: usize = 4 * 1024;

/// A proof whose signature was made by the key that it holds; nothing in it has been compared with the request.
pub(super) struct SignedProof {
    pub(super) key: Key,
    claims: Map<String, Value>,
}

/// The text of the one proof of a request.
pub(super) fn text_in(headers: &HeaderMap) -> Result<&str, Refusal> {
    let mut values = headers.get_all("dpop").iter();
    let value = values.next().ok_or(Reason::DpopProofMissing)?;
    if values.next().is_some() {
        return Err(Reason::DpopProofRepeated.into());
    }
    if value.len() > MAX_PROOF_BYTES {
        return Err(malformed("too large"));
    }
    value.to_str().map_err(|_| malformed("not ASCII"))
}

impl SignedProof {
    /// Form, header and signature (RFC 9449 section 4.3, points 2 to 7).
    pub(super) fn read(text: &str, algorithms: &[Algorithm]) -> Result<Self, Refusal> {
        let (message, signature) = text.rsplit_once('.').ok_or_else(|| malformed("not a JWT"))?;
        let (header, payload) = message.split_once('.').ok_or_else(|| malformed("not a JWT"))?;
        let (header, jwk) = read_header(header)?;
        if !header.token_type.as_deref().is_some_and(|it| it.eq_ignore_ascii_case("dpop+jwt")) {
            return Err(Refusal::new(Reason::DpopProofHeader).with_detail("typ"));
        }
        if !algorithms.contains(&header.algorithm) {
            return Err(Refusal::new(Reason::DpopProofHeader).with_detail("alg"));
        }
        let key = read_key(jwk)?;
        let claims = object(payload)?;
        if !key.verifies(header.algorithm, message, signature) {
            return Err(Reason::DpopProofSignature.into());
        }
        Ok(Self { key, claims })
    }

    /// A claim that is a text.
    pub(super) fn text(&self, claim: &'static str) -> Option<&str> {
        self.claims.get(claim).and_then(Value::as_str)
    }

    /// The `jti`, in bounds within which it may be kept.
    pub(super) fn jti(&self) -> Result<&str, Refusal> {
        self.text("jti")
            .filter(|it| (1..=MAX_JTI_BYTES).contains(&it.len()) && !it.contains(char::is_control))
            .ok_or_else(|| malformed("jti"))
    }

    /// The `iat`.
    pub(super) fn issued_at(&self) -> Result<UnixTime, Refusal> {
        self.claims.get("iat").and_then(numeric_date).ok_or_else(|| malformed("iat"))
    }
}

/// The header without its `jwk`, which is the one parameter that proofs have and tokens must not.
fn read_header(part: &str) -> Result<(Header, Value), Refusal> {
    let mut members = object(part)?;
    let jwk =
        members.remove("jwk").ok_or_else(|| Refusal::new(Reason::DpopProofHeader).with_detail("jwk"))?;
    let header = Header::read(&members).map_err(|it| match it.detail() {
        Some(detail) => Refusal::new(Reason::DpopProofHeader).with_detail(detail.to_owned()),
        None => Reason::DpopProofHeader.into(),
    })?;
    Ok((header, jwk))
}

/// The public key of the header; with a private member it is nobody's secret any more.
fn read_key(jwk: Value) -> Result<Key, Refusal> {
    let refused = |detail: String| Refusal::new(Reason::DpopProofHeader).with_detail(detail);
    let private = PRIVATE_MEMBERS.iter().find(|name| jwk.get(**name).is_some());
    if let Some(name) = private {
        return Err(refused(format!("jwk with {}", quoted(name))));
    }
    key_set::read_jwk(jwk).map_err(|kind| refused(format!("jwk: {kind}")))
}

fn object(part: &str) -> Result<Map<String, Value>, Refusal> {
    let json = decode(part).map_err(|_| malformed("not base64url"))?;
    strict_object(&json).map_err(|_| malformed("not a JSON object"))
}

pub(super) fn malformed(detail: &'static str) -> Refusal {
    Refusal::new(Reason::DpopProofMalformed).with_detail(detail)
}

/// Members that private and symmetric keys have (RFC 7518 sections 6.2.2, 6.3.2 and 6.4).
const PRIVATE_MEMBERS: &[&str] = &["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

const MAX_JTI_BYTES: usize = 256;
