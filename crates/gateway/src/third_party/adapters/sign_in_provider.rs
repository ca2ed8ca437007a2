use std::sync::Arc;

use oauth_client::{AllowRules, Identity, Known, NotAllowed, Provider, local::LocalAccounts};
use oauth_types::{Principal, ProviderId};

/// One way to sign in.
#[derive(Clone, Debug)]
pub(crate) enum SignInProvider {
    /// At a third party.
    ThirdParty {
        provider: Arc<Provider>,
        rules: AllowRules,
        /// For people.
        name: String,
    },
    /// Here, with a built-in account.
    Local {
        id: ProviderId,
        accounts: Arc<LocalAccounts>,
        rules: AllowRules,
        /// For people.
        name: String,
    },
}

/// Proof that the rules of a provider let this person in, now.
#[derive(Debug)]
pub(crate) struct Permitted(Identity);

impl SignInProvider {
    pub(crate) fn id(&self) -> &ProviderId {
        match self {
            Self::ThirdParty { provider, .. } => provider.id(),
            Self::Local { id, .. } => id,
        }
    }

    pub(crate) fn name(&self) -> &str {
        match self {
            Self::ThirdParty { name, .. } | Self::Local { name, .. } => name,
        }
    }

    pub(crate) const fn is_local(&self) -> bool {
        matches!(self, Self::Local { .. })
    }

    /// Lets `identity` in, or says why not.
    pub(crate) fn permit(&self, identity: Identity) -> Result<Permitted, NotAllowed> {
        let (Self::ThirdParty { rules, .. } | Self::Local { rules, .. }) = self;
        rules.permits(&identity).map(|()| Permitted(identity))
    }

    /// Whether somebody who signed in before may still come in, as far as can be told without asking anybody: by the
    /// built-in account, or by what is `known` from the third party.
    pub(crate) fn still_permits(&self, principal: &Principal, known: Option<&Known>) -> bool {
        match self {
            Self::ThirdParty { rules, .. } => known.is_some_and(|it| rules.permits(&it.identity()).is_ok()),
            Self::Local { accounts, .. } => {
                accounts.find(principal).is_some_and(|it| self.permit(it).is_ok())
            }
        }
    }
}

impl Permitted {
    pub(crate) const fn principal(&self) -> &Principal {
        &self.0.principal
    }

    /// What to call them on a page.
    pub(crate) fn display_name(&self) -> Option<&str> {
        self.0.name.as_deref().or(self.0.login.as_deref())
    }
}
