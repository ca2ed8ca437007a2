use std::sync::Arc;

use token_validate::ValidatedToken;

use crate::access_log::SubjectDigest;

/// What is told of a token to logs, limits and MCP sessions; made once for each token.
#[derive(Debug)]
pub(super) struct Caller {
    /// Whose token it is.
    pub(super) subject: SubjectDigest,
    /// Who it speaks for and through which client, in a text that no other pair can produce.
    pub(super) principal: Arc<str>,
}

impl Caller {
    pub(super) fn of(token: &ValidatedToken) -> Self {
        let client = token.client_id().map_or("", oauth_types::ClientId::as_str);
        Self {
            subject: SubjectDigest::of(token.issuer().as_str(), token.subject().as_str()),
            // None of the three can hold a control character.
            principal: format!("{}\u{1}{}\u{1}{client}", token.issuer(), token.subject()).into(),
        }
    }
}
