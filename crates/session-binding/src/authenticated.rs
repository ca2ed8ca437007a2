use oauth_types::Principal;
use serde::{Deserialize, Serialize};

use crate::ThirdPartySessionId;

/// Proof that a person signed in: who they are, and the third-party session that says so.
///
/// Comes from [`ThirdPartySessions::sign_in`](crate::ThirdPartySessions::sign_in) or from the store, never from a request.
/// It tells that the person was signed in then; whether the session still lives is for
/// [`ThirdPartySessions::liveness`](crate::ThirdPartySessions::liveness).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authenticated {
    pub(crate) principal: Principal,
    pub(crate) display_name: Option<String>,
    pub(crate) session: ThirdPartySessionId,
}

impl Authenticated {
    /// Who the person is.
    #[must_use]
    pub const fn principal(&self) -> &Principal {
        &self.principal
    }

    /// What to call them on a page; never an identity.
    #[must_use]
    pub fn display_name(&self) -> Option<&str> {
        self.display_name.as_deref()
    }

    /// The third-party session they signed in with.
    #[must_use]
    pub const fn session(&self) -> &ThirdPartySessionId {
        &self.session
    }
}
