use oauth_types::{Principal, ProviderId, UnixTime};
use serde::{Deserialize, Serialize};

use super::{BrowserBinding, PendingId, Purpose, ThirdPartyState};
use crate::{Authenticated, CsrfToken};

/// A transaction at stage `S`, in the hands of the one request that may move it on.
#[derive(Debug)]
pub struct Transaction<S> {
    pub(super) id: PendingId,
    pub(super) binding: BrowserBinding,
    pub(super) purpose: Purpose,
    pub(super) begun: UnixTime,
    pub(super) stage: S,
}

/// A transaction as it was found.
#[derive(Debug)]
pub enum Pending {
    /// Nobody has approved yet.
    Requested(Transaction<Requested>),
    /// Approved; the person signs in here.
    Consented(Transaction<Consented>),
    /// Approved; the person is at the third party.
    AwaitingCallback(Transaction<AwaitingCallback>),
    /// The person is back, and another request is busy with the third party's code.
    CalledBack(Transaction<CalledBack>),
    /// Signed in as somebody else than the page had shown, who has to approve again.
    SignedIn(Transaction<SignedIn>),
}

/// Nobody has approved yet; or the person came back to the page, and will approve anew or not at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requested {
    pub(super) came_from: Option<Box<StoredStage>>,
}

/// The person approved and chose where to sign in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consented {
    pub(super) provider: ProviderId,
    pub(super) shown: Option<Principal>,
}

/// The person is at the third party.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AwaitingCallback {
    pub(super) consent: Consented,
    #[serde(with = "crate::random::text")]
    pub(super) state: [u8; 32],
    #[serde(with = "crate::random::text")]
    pub(super) sealed: Vec<u8>,
}

/// The third party sent the person back, and its `state` is used up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CalledBack {
    pub(super) consent: Consented,
    #[serde(with = "crate::random::text")]
    pub(super) state: [u8; 32],
}

/// The person is signed in, but is not the one whom the consent page had shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedIn {
    pub(super) who: Authenticated,
}

impl<S> Transaction<S> {
    /// Its name, for forms and addresses.
    #[must_use]
    pub const fn id(&self) -> &PendingId {
        &self.id
    }

    /// The secret for the cookie of the browser it is bound to.
    #[must_use]
    pub const fn binding(&self) -> &BrowserBinding {
        &self.binding
    }

    /// What it is for.
    #[must_use]
    pub const fn purpose(&self) -> &Purpose {
        &self.purpose
    }

    /// What the form of the page must send back, if the page shows `account` as the one who is signed in.
    #[must_use]
    pub fn csrf_token(&self, account: Option<&Principal>) -> CsrfToken {
        let account = account.map(|it| format!("{}:{}", it.provider, it.subject)).unwrap_or_default();
        CsrfToken::derive(self.binding.expose(), &format!("transaction {} {account}", self.id))
    }

    pub(super) fn at<T>(self, stage: T) -> Transaction<T> {
        let Self { id, binding, purpose, begun, .. } = self;
        Transaction { id, binding, purpose, begun, stage }
    }
}

impl Transaction<Consented> {
    /// Where the person signs in.
    #[must_use]
    pub const fn provider(&self) -> &ProviderId {
        &self.stage.provider
    }

    /// What to bind the sealed secrets to, as associated data, so that they open for this transaction and `state` only:
    /// a person who comes back and approves again is sent away with another one.
    #[must_use]
    pub fn seal_context(&self, state: &ThirdPartyState) -> Vec<u8> {
        seal_context(&self.id, &state.digest())
    }
}

impl Transaction<CalledBack> {
    /// The third party that sent the person back.
    #[must_use]
    pub const fn provider(&self) -> &ProviderId {
        &self.stage.consent.provider
    }

    /// What the sealed secrets were bound to.
    #[must_use]
    pub fn seal_context(&self) -> Vec<u8> {
        seal_context(&self.id, &self.stage.state)
    }
}

impl Transaction<SignedIn> {
    /// Who is signed in and has to approve.
    #[must_use]
    pub const fn who(&self) -> &Authenticated {
        &self.stage.who
    }
}

impl Pending {
    /// The transaction for the consent page, also if the person came back to it from the sign-in.
    ///
    /// `None` when they are signed in already, or being signed in.
    #[must_use]
    pub fn into_requested(self) -> Option<Transaction<Requested>> {
        match self {
            Self::Requested(it) => Some(it),
            Self::Consented(it) => Some(reopen(it)),
            Self::AwaitingCallback(it) => Some(reopen(it)),
            Self::CalledBack(_) | Self::SignedIn(_) => None,
        }
    }

    pub(super) fn new(id: PendingId, binding: BrowserBinding, stored: Stored) -> Self {
        let Stored { begun, purpose, stage } = stored;
        let bare = Transaction { id, binding, purpose, begun, stage: () };
        match stage {
            StoredStage::Requested => Self::Requested(bare.at(Requested { came_from: None })),
            StoredStage::Consented(stage) => Self::Consented(bare.at(stage)),
            StoredStage::AwaitingCallback(stage) => Self::AwaitingCallback(bare.at(stage)),
            StoredStage::CalledBack(stage) => Self::CalledBack(bare.at(stage)),
            StoredStage::SignedIn(stage) => Self::SignedIn(bare.at(stage)),
        }
    }
}

/// A transaction as stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stored {
    pub(super) begun: UnixTime,
    pub(super) purpose: Purpose,
    pub(super) stage: StoredStage,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum StoredStage {
    Requested,
    Consented(Consented),
    AwaitingCallback(AwaitingCallback),
    CalledBack(CalledBack),
    SignedIn(SignedIn),
}

impl From<Requested> for StoredStage {
    fn from(stage: Requested) -> Self {
        stage.came_from.map_or(Self::Requested, |it| *it)
    }
}

impl From<Consented> for StoredStage {
    fn from(stage: Consented) -> Self {
        Self::Consented(stage)
    }
}

impl From<AwaitingCallback> for StoredStage {
    fn from(stage: AwaitingCallback) -> Self {
        Self::AwaitingCallback(stage)
    }
}

impl From<CalledBack> for StoredStage {
    fn from(stage: CalledBack) -> Self {
        Self::CalledBack(stage)
    }
}

impl From<SignedIn> for StoredStage {
    fn from(stage: SignedIn) -> Self {
        Self::SignedIn(stage)
    }
}

fn reopen<S: Into<StoredStage>>(transaction: Transaction<S>) -> Transaction<Requested> {
    let Transaction { id, binding, purpose, begun, stage } = transaction;
    let stage = Requested { came_from: Some(Box::new(stage.into())) };
    Transaction { id, binding, purpose, begun, stage }
}

fn seal_context(id: &PendingId, state: &[u8; 32]) -> Vec<u8> {
    [super::TABLE.name().as_bytes(), b"\0", id.key().as_bytes(), state].concat()
}
