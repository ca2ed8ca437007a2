use std::sync::Arc;

use axum::body::Body;
use http::{HeaderValue, Request};
use token_validate::{BearerToken, Reason, ValidatedToken, bearer_token};

use super::{
    Principal, ProtectedServer, Ways,
    dpop::{Shown, by_proof},
    presented::by_api_key,
};
use crate::{credential::PresentedToken, reason, refusal::Refusal, service::Arrival};

/// Proof that the credentials of this request passed every check for this server.
#[derive(Debug)]
pub(crate) struct Authenticated {
    principal: Principal,
    next_nonce: Option<Box<HeaderValue>>,
    presented: Option<Arc<PresentedToken>>,
}

impl Authenticated {
    /// Judges the credential of the request, or that it has none.
    ///
    /// Only a request that brought nothing like a credential may do without one: a bad one is never taken for none.
    ///
    /// # Errors
    /// 401 or 400 with the challenge of the resource, or 503 when nobody can say.
    pub(super) async fn of(
        server: &ProtectedServer,
        arrival: &Arrival,
        request: &mut Request<Body>,
    ) -> Result<Self, Refusal> {
        let shown = Shown { method: request.method(), uri: request.uri(), headers: request.headers() };
        let refusal = match Self::by_credential(server, shown).await {
            Err(refusal) if refusal.reason == MISSING && server.ways().let_some_in_without() => refusal,
            outcome => return outcome,
        };
        // In a box of its own, as a request with a credential does not need it.
        match Box::pin(Ways::without_credential(server, arrival, request)).await? {
            Some(principal) => Ok(Self { principal, next_nonce: None, presented: None }),
            None => Err(refusal),
        }
    }

    /// Reads the token and validates it for the resource of `server`, with its proof if it came with one; or finds the
    /// API key.
    async fn by_credential(server: &ProtectedServer, shown: Shown<'_>) -> Result<Self, Refusal> {
        let refused = |it: token_validate::Refusal| Refusal::of_token(&it, server.resource());
        let bearer = bearer_token(shown.headers, shown.uri.query());
        if let Some(by_key) = by_api_key(server, shown, bearer.as_ref().ok()) {
            return by_key.map(|principal| Self { principal, next_nonce: None, presented: None });
        }
        match bearer {
            Ok(_) if server.dpop().is_required() => Err(refused(Reason::DpopRequired.into())),
            Ok(bearer) => {
                let token = server.validator().validate(&bearer, server.resource_policy()).await;
                Ok(Self::new(token.map_err(refused)?, None).presented(server, &bearer))
            }
            Err(refusal) if refusal.reason == Reason::SchemeNotBearer => {
                // In a box of its own, so that the way of a plain bearer token does not carry it along.
                let (token, bearer, nonce) = Box::pin(by_proof(server, shown)).await?;
                Ok(Self::new(token, nonce).presented(server, &bearer))
            }
            Err(refusal) => Err(refused(refusal)),
        }
    }

    fn new(token: ValidatedToken, next_nonce: Option<HeaderValue>) -> Self {
        Self { principal: Principal::by_token(token), next_nonce: next_nonce.map(Box::new), presented: None }
    }

    /// Keeps the text of the token for a server that exchanges it, and for no other.
    fn presented(self, server: &ProtectedServer, bearer: &BearerToken<'_>) -> Self {
        let wanted = server.credentials().need_presented();
        let text = || Arc::new(PresentedToken::new(bearer.expose().to_owned()));
        Self { presented: wanted.then(text), ..self }
    }

    /// The text of the token, for its exchange at the authorization server that issued it.
    pub(super) fn take_presented(&mut self) -> Option<Arc<PresentedToken>> {
        self.presented.take()
    }

    /// Who calls.
    pub(super) const fn principal(&self) -> &Principal {
        &self.principal
    }

    /// Who calls, for good.
    pub(super) fn into_principal(self) -> Principal {
        self.principal
    }

    /// The nonce that the answer tells the client to use next.
    pub(super) fn take_next_nonce(&mut self) -> Option<Box<HeaderValue>> {
        self.next_nonce.take()
    }
}

/// What a request without any credential in its headers is refused for.
const MISSING: reason::Reason = reason::Reason::Token(Reason::TokenMissing);
