use std::sync::Arc;

use http::HeaderMap;
use token_validate::{ValidatedToken, bearer_token};

use super::{ProtectedServer, caller::Caller};
use crate::{access_log::SubjectDigest, refusal::Refusal};

/// Proof that a token of this request passed every check for this server.
#[derive(Debug)]
pub(crate) struct Authenticated {
    token: ValidatedToken,
    caller: Arc<Caller>,
}

impl Authenticated {
    /// Reads the bearer token and validates it for the resource of `server`.
    ///
    /// # Errors
    /// 401 or 400 with the challenge of the resource, or 503 when nobody can say.
    pub(super) async fn by_token(
        server: &ProtectedServer,
        headers: &HeaderMap,
        query: Option<&str>,
    ) -> Result<Self, Refusal> {
        let refused = |it: token_validate::Refusal| Refusal::of_token(&it, server.resource());
        let bearer = bearer_token(headers, query).map_err(refused)?;
        let token = server.validator().validate(&bearer, server.resource_policy()).await.map_err(refused)?;
        let caller = token.derived(Caller::of);
        Ok(Self { token, caller })
    }

    /// The validated token.
    pub(super) const fn token(&self) -> &ValidatedToken {
        &self.token
    }

    /// Whose token it is, for logs and limits.
    pub(super) fn subject_digest(&self) -> SubjectDigest {
        self.caller.subject
    }

    /// Who calls, for MCP sessions.
    pub(super) fn principal(&self) -> &Arc<str> {
        &self.caller.principal
    }
}
