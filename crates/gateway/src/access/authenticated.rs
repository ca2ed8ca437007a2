use http::HeaderValue;
use token_validate::{Reason, ValidatedToken, bearer_token};

use super::{
    Principal, ProtectedServer,
    dpop::{Shown, by_proof},
};
use crate::refusal::Refusal;

/// Proof that the credentials of this request passed every check for this server.
#[derive(Debug)]
pub(crate) struct Authenticated {
    principal: Principal,
    next_nonce: Option<Box<HeaderValue>>,
}

impl Authenticated {
    /// Reads the token and validates it for the resource of `server`, with its proof if it came with one.
    ///
    /// # Errors
    /// 401 or 400 with the challenge of the resource, or 503 when nobody can say.
    pub(super) async fn by_token(server: &ProtectedServer, shown: Shown<'_>) -> Result<Self, Refusal> {
        let refused = |it: token_validate::Refusal| Refusal::of_token(&it, server.resource());
        match bearer_token(shown.headers, shown.uri.query()) {
            Ok(_) if server.dpop().is_required() => Err(refused(Reason::DpopRequired.into())),
            Ok(bearer) => {
                let token = server.validator().validate(&bearer, server.resource_policy()).await;
                Ok(Self::new(token.map_err(refused)?, None))
            }
            Err(refusal) if refusal.reason == Reason::SchemeNotBearer => {
                // In a box of its own, so that the way of a plain bearer token does not carry it along.
                let (token, nonce) = Box::pin(by_proof(server, shown)).await?;
                Ok(Self::new(token, nonce))
            }
            Err(refusal) => Err(refused(refusal)),
        }
    }

    fn new(token: ValidatedToken, next_nonce: Option<HeaderValue>) -> Self {
        Self { principal: Principal::by_token(token), next_nonce: next_nonce.map(Box::new) }
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
