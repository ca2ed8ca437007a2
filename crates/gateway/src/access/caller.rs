use std::sync::Arc;

use token_validate::ValidatedToken;

use crate::access_log::SubjectDigest;

/// What is told of a principal to logs, limits and MCP sessions; made once for each token.
#[derive(Debug)]
pub(crate) struct Caller {
    /// Who calls.
    pub(super) subject: SubjectDigest,
    /// Who vouches for whom, and through which client, in a text that no other three can produce.
    pub(super) unique_name: Arc<str>,
}

impl Caller {
    pub(super) fn of(token: &ValidatedToken) -> Self {
        let client = token.client_id().map_or("", oauth_types::ClientId::as_str);
        Self::named(token.issuer().as_str(), token.subject().as_str(), client)
    }

    /// None of the three may hold a control character.
    pub(crate) fn named(issuer: &str, subject: &str, client: &str) -> Self {
        Self {
            subject: SubjectDigest::of(issuer, subject),
            unique_name: format!("{issuer}\u{1}{subject}\u{1}{client}").into(),
        }
    }
}
