use http::HeaderMap;
use token_validate::{ValidatedToken, bearer_token};

use super::ProtectedServer;
use crate::{access_log::SubjectDigest, refusal::Refusal};

/// Proof that a token of this request passed every check for this server.
#[derive(Debug)]
pub(crate) struct Authenticated {
    token: ValidatedToken,
    subject: SubjectDigest,
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
        let subject = SubjectDigest::of(token.issuer().as_str(), token.subject().as_str());
        Ok(Self { token, subject })
    }

    /// The validated token.
    pub(super) const fn token(&self) -> &ValidatedToken {
        &self.token
    }

    /// Whose token it is, for logs and limits.
    pub(super) const fn subject_digest(&self) -> SubjectDigest {
        self.subject
    }
}
