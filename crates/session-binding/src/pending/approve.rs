use oauth_types::{Principal, ProviderId};

use super::{
    PendingAuthorizations, Purpose, StepError,
    complete::Completed,
    stage::{Consented, Requested, SignedIn, Transaction},
};
use crate::BrowserSession;

impl PendingAuthorizations {
    /// The person approves and chooses to sign in with `provider`.
    ///
    /// `csrf` is what the form sent; `shown` is the account that the browser is signed in with now.
    /// A token of a page that showed another account is refused.
    ///
    /// # Errors
    /// [`StepError::Csrf`] before anything else.
    pub async fn approve(
        &self,
        transaction: Transaction<Requested>,
        csrf: &str,
        provider: ProviderId,
        shown: Option<&Principal>,
    ) -> Result<Transaction<Consented>, StepError> {
        check_csrf(&transaction, shown, csrf)?;
        self.advance(transaction, Consented { provider, shown: shown.cloned() }).await
    }

    /// The person approves as the one they are signed in as already; no third party is asked.
    ///
    /// # Errors
    /// [`StepError::Csrf`] before anything else, also when the page showed another account.
    pub async fn approve_signed_in(
        &self,
        transaction: Transaction<Requested>,
        csrf: &str,
        session: &BrowserSession,
    ) -> Result<Completed, StepError> {
        check_csrf(&transaction, Some(session.who().principal()), csrf)?;
        let purpose = self.remove(transaction).await?;
        Ok(Completed { purpose, who: session.who().clone() })
    }

    /// The person who is signed in approves, after the page had shown somebody else first.
    ///
    /// # Errors
    /// [`StepError::Csrf`] before anything else.
    pub async fn confirm(
        &self,
        transaction: Transaction<SignedIn>,
        csrf: &str,
    ) -> Result<Completed, StepError> {
        let who = transaction.who().clone();
        check_csrf(&transaction, Some(who.principal()), csrf)?;
        let purpose = self.remove(transaction).await?;
        Ok(Completed { purpose, who })
    }

    /// The person says no; the answer to the client is `access_denied` (RFC 6749 section 4.1.2.1).
    ///
    /// # Errors
    /// [`StepError::Csrf`] before anything else.
    pub async fn deny(
        &self,
        transaction: Transaction<Requested>,
        csrf: &str,
        shown: Option<&Principal>,
    ) -> Result<Purpose, StepError> {
        check_csrf(&transaction, shown, csrf)?;
        self.remove(transaction).await
    }

    /// The person who is signed in says no, after the page had shown somebody else first.
    ///
    /// # Errors
    /// [`StepError::Csrf`] before anything else.
    pub async fn deny_confirmation(
        &self,
        transaction: Transaction<SignedIn>,
        csrf: &str,
    ) -> Result<Purpose, StepError> {
        check_csrf(&transaction, Some(transaction.who().principal()), csrf)?;
        self.remove(transaction).await
    }
}

pub(super) fn check_csrf<S>(
    transaction: &Transaction<S>,
    shown: Option<&Principal>,
    csrf: &str,
) -> Result<(), StepError> {
    if transaction.csrf_token(shown).is_answered_by(csrf) { Ok(()) } else { Err(StepError::Csrf) }
}
