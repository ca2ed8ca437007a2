use std::sync::Arc;

use token_validate::ValidatedToken;

use super::CredentialError;
use crate::access::Principal;

oauth_types::secret! {
    /// The text of an access token that passed every check, on its way to the authorization server that issued it.
    ///
    /// Made only for servers whose credentials are exchanged for it; neither the proxy nor an upstream ever has it.
    pub(crate) struct PresentedToken;
}

/// For whom a credential is wanted.
#[derive(Clone, Debug)]
pub(crate) struct Holder {
    /// Who was permitted.
    pub(crate) principal: Principal,
    /// Its text, where the source of credentials needs it.
    pub(crate) presented: Option<Arc<PresentedToken>>,
}

impl Holder {
    /// The token by which they came.
    ///
    /// # Errors
    /// [`CredentialError`] for whoever came by another way: they are no person whom anybody else knows.
    pub(crate) fn token(&self) -> Result<&ValidatedToken, CredentialError> {
        self.principal.token().ok_or_else(|| CredentialError::denied("the caller has no access token"))
    }
}
