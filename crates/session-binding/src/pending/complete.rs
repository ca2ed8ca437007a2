use super::{
    PendingAuthorizations, Purpose, StepError,
    approve::check_csrf,
    stage::{CalledBack, Consented, SignedIn, StoredStage, Transaction},
};
use crate::Authenticated;

/// Proof that one person approved one request and is signed in: what a code may be issued for, once.
///
/// Has no public constructor, and each transaction gives at most one.
#[derive(Debug)]
pub struct Completed {
    pub(super) purpose: Purpose,
    pub(super) who: Authenticated,
}

/// What became of a transaction when the person had signed in.
#[derive(Debug)]
pub enum Completion {
    /// All is done.
    Completed(Completed),
    /// The consent page had shown another account, or less than there is to approve: show it again, with this one.
    ConsentAgain(Transaction<SignedIn>),
}

impl Completed {
    /// What was approved.
    #[must_use]
    pub const fn purpose(&self) -> &Purpose {
        &self.purpose
    }

    /// Who approved it.
    #[must_use]
    pub const fn who(&self) -> &Authenticated {
        &self.who
    }

    /// Both, for the one that issues the code.
    #[must_use]
    pub fn into_parts(self) -> (Purpose, Authenticated) {
        (self.purpose, self.who)
    }
}

impl PendingAuthorizations {
    /// The person came back from the third party as `who`.
    ///
    /// # Errors
    /// See [`StepError`].
    pub async fn complete(
        &self,
        transaction: Transaction<CalledBack>,
        who: &Authenticated,
    ) -> Result<Completion, StepError> {
        let consent = transaction.stage.consent.clone();
        self.finish(transaction, &consent, who, false).await
    }

    /// Like [`PendingAuthorizations::complete`], where there is more to show than the consent page did: the person is
    /// asked again.
    ///
    /// # Errors
    /// See [`StepError`].
    pub async fn ask_again(
        &self,
        transaction: Transaction<CalledBack>,
        who: &Authenticated,
    ) -> Result<Completion, StepError> {
        let consent = transaction.stage.consent.clone();
        self.finish(transaction, &consent, who, true).await
    }

    /// The person signed in on our own page, with a built-in account, as `who`.
    ///
    /// `csrf` is what the sign-in form sent, made with [`Transaction::csrf_token`] for no account.
    ///
    /// # Errors
    /// [`StepError::Csrf`] before anything else, against signing somebody in to a stranger's account.
    pub async fn complete_here(
        &self,
        transaction: Transaction<Consented>,
        csrf: &str,
        who: &Authenticated,
    ) -> Result<Completion, StepError> {
        check_csrf(&transaction, None, csrf)?;
        let consent = transaction.stage.clone();
        self.finish(transaction, &consent, who, false).await
    }

    /// Like [`PendingAuthorizations::complete_here`], where there is more to show than the consent page did.
    ///
    /// # Errors
    /// As there.
    pub async fn ask_again_here(
        &self,
        transaction: Transaction<Consented>,
        csrf: &str,
        who: &Authenticated,
    ) -> Result<Completion, StepError> {
        check_csrf(&transaction, None, csrf)?;
        let consent = transaction.stage.clone();
        self.finish(transaction, &consent, who, true).await
    }

    /// The third party refused or the exchange failed: ends the transaction and answers what it was for.
    ///
    /// # Errors
    /// See [`StepError`].
    pub async fn abandon(&self, transaction: Transaction<CalledBack>) -> Result<Purpose, StepError> {
        self.remove(transaction).await
    }

    async fn finish<S: Clone + Into<StoredStage>>(
        &self,
        transaction: Transaction<S>,
        consent: &Consented,
        who: &Authenticated,
        asks_again: bool,
    ) -> Result<Completion, StepError> {
        if who.principal().provider != consent.provider {
            return Err(StepError::OtherProvider);
        }
        let as_shown = !asks_again && consent.shown.as_ref().is_none_or(|it| it == who.principal());
        // Without a client there is nothing to consent to.
        let asks_nothing = matches!(transaction.purpose, Purpose::Account | Purpose::FollowLink(_));
        if as_shown || asks_nothing {
            let purpose = self.remove(transaction).await?;
            return Ok(Completion::Completed(Completed { purpose, who: who.clone() }));
        }
        let next = SignedIn { who: who.clone() };
        self.advance(transaction, next).await.map(Completion::ConsentAgain)
    }
}
