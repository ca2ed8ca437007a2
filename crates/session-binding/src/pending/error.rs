use storage::StoreError;

/// Why a step of a transaction was not made; unless it says otherwise nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StepError {
    /// There is no such transaction: it took too long, is finished, or never was.
    #[error("the transaction is over")]
    Gone,
    /// The browser does not hold the cookie of the one that began the transaction.
    #[error("another browser began the transaction")]
    OtherBrowser,
    /// The form's token is not that of the page that belongs to this transaction, or the page showed another account.
    #[error("the form is not from our page")]
    Csrf,
    /// Somebody else, perhaps a second click, has moved the transaction on; where both said different things, it is over.
    #[error("the transaction has moved on")]
    Moved,
    /// The sign-in is from another third party than the one that was chosen.
    #[error("the sign-in is from another third party")]
    OtherProvider,
    /// The store gave no answer.
    #[error("the store of transactions failed")]
    Storage(#[from] StoreError),
}
