//! Tokens that are bound to a key of their client: apart from the way of plain bearer tokens, which nearly all are.

use http::{HeaderMap, HeaderValue, Method, Uri};
use token_validate::{BearerToken, DpopVerifier, ProofRequest, Reason, ValidatedToken, dpop_token};

use super::ProtectedServer;
use crate::{api_keys::is_meant_as_key, reason, refusal::Refusal};

/// What one server makes of them.
#[derive(Clone, Debug)]
pub(crate) enum Dpop {
    /// It takes none.
    Off,
    /// It takes them, and plain bearer tokens too.
    Offered(DpopVerifier),
    /// It takes nothing else.
    Required(DpopVerifier),
}

/// What of a request a proof is about.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shown<'a> {
    pub(super) method: &'a Method,
    pub(super) uri: &'a Uri,
    pub(super) headers: &'a HeaderMap,
}

impl Dpop {
    /// Whether a token without a proof is refused.
    pub(super) const fn is_required(&self) -> bool {
        matches!(self, Self::Required(_))
    }

    const fn verifier(&self) -> Option<&DpopVerifier> {
        match self {
            Self::Off => None,
            Self::Offered(verifier) | Self::Required(verifier) => Some(verifier),
        }
    }
}

/// The token under the scheme `DPoP`, with the nonce that its client shall use next (RFC 9449 sections 7.1 and 8.2).
///
/// # Errors
/// 401 with the challenge of the scheme that the request came with, or 503 when nobody can say.
pub(super) async fn by_proof<'a>(
    server: &ProtectedServer,
    shown: Shown<'a>,
) -> Result<(ValidatedToken, BearerToken<'a>, Option<HeaderValue>), Refusal> {
    let resource = server.resource();
    let unproven = |it: token_validate::Refusal| Refusal::of_token(&it, resource);
    let Some(verifier) = server.dpop().verifier() else {
        return Err(unproven(Reason::SchemeNotBearer.into()));
    };
    let token = dpop_token(shown.headers, shown.uri.query()).map_err(unproven)?;
    if is_meant_as_key(token.expose()) {
        return Err(Refusal::of_api_key(reason::Reason::ApiKeyNotTaken, resource));
    }
    let refused = |it| Refusal::of_proof(&it, resource, verifier.nonce().as_deref());
    // The address as the client knows it, whatever was in front of us: the path was compared byte for byte.
    let url = format!("{}{}", resource.resource().origin(), shown.uri.path());
    let request = ProofRequest { method: shown.method, url: &url, token: Some(&token) };
    let proof = verifier.verify(shown.headers, request).map_err(refused)?;
    let validated = server.validator().validate_with_proof(&token, server.resource_policy(), verifier, proof);
    let validated = validated.await.map_err(refused)?;
    Ok((validated, token, verifier.nonce().and_then(|it| HeaderValue::try_from(it).ok())))
}
