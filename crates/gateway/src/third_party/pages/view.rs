//! What each page shows: plain values, all of which the templates escape.

use oauth_types::UnixTime;
use url::Url;

/// A client, for people to judge.
#[derive(Clone, Debug)]
pub(crate) struct ClientView {
    /// What it calls itself; a stranger's text unless `trust` says otherwise.
    pub(crate) name: Option<String>,
    /// The host it is published at, if it says so.
    pub(crate) host: Option<String>,
    /// Where all this is from.
    pub(crate) trust: ClientTrust,
    /// Where the answer goes: scheme and host, or a private-use scheme.
    pub(crate) redirect_place: String,
    /// Whether the answer goes to a program on the person's own machine, where any program can listen.
    pub(crate) loopback_only: bool,
}

/// What the facts of a client are worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ClientTrust {
    /// The operator wrote them.
    Configured,
    /// The host is verified, the name is not.
    HostVerified,
    /// Nobody verified anything.
    Unverified,
}

/// One permission, with words for people.
#[derive(Clone, Debug)]
pub(crate) struct ScopeView {
    pub(crate) name: String,
    /// From the configuration; a scope without words is shown by its name.
    pub(crate) words: Option<String>,
}

/// The account that is signed in.
#[derive(Clone, Debug)]
pub(crate) struct AccountView {
    /// What to call the person; never an identity.
    pub(crate) name: String,
    /// The third party that vouches for them.
    pub(crate) provider: String,
}

/// A way to sign in.
#[derive(Clone, Debug)]
pub(crate) struct ProviderView {
    pub(crate) id: String,
    pub(crate) name: String,
    /// Whether a password is typed here and no third party is contacted.
    pub(crate) local: bool,
}

/// What every form of a transaction carries.
#[derive(Clone, Debug)]
pub(crate) struct FormView {
    pub(crate) transaction: String,
    pub(crate) csrf: String,
}

/// `GET /consent` for a client: approve and choose where to sign in, go on as the account that is signed in, or deny.
///
/// Posts `transaction`, `csrf`, `decision` (`deny`, `signed-in`, or `provider:ID`) and the scopes of `kept`, if there are
/// any, to `/consent`.
#[derive(Clone, Debug)]
pub(crate) struct ConsentPage {
    pub(crate) form: FormView,
    pub(crate) client: ClientView,
    /// What the operator calls the MCP server, or its address.
    pub(crate) server: String,
    /// The resource identifier.
    pub(crate) resource: String,
    /// What is asked for, without what is in `kept`.
    pub(crate) scopes: Vec<ScopeView>,
    /// What the account has allowed this client before and keeps, if it is asked for more now.
    pub(crate) kept: Vec<ScopeView>,
    /// The account that is signed in, whose button comes first.
    pub(crate) account: Option<AccountView>,
    /// Empty when the account has to approve again and nothing else is offered.
    pub(crate) providers: Vec<ProviderView>,
}

/// `GET /consent` for the account page: choose where to sign in. Posts like [`ConsentPage`].
#[derive(Clone, Debug)]
pub(crate) struct PickProviderPage {
    pub(crate) form: FormView,
    pub(crate) providers: Vec<ProviderView>,
}

/// `GET /sign-in`: name and password of a built-in account.
///
/// Posts `transaction`, `csrf`, `username` and `password` to `/sign-in`.
#[derive(Clone, Debug)]
pub(crate) struct SignInPage {
    pub(crate) form: FormView,
    /// Whose account it is, in words.
    pub(crate) provider: String,
    /// The client to go on to; none for the account page.
    pub(crate) client: Option<ClientView>,
    /// What was typed before.
    pub(crate) username: String,
    pub(crate) problem: Option<SignInProblem>,
}

/// Why a sign-in failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SignInProblem {
    /// Name or password is wrong; nobody is told which.
    Wrong,
    /// Too many attempts.
    TooMany,
}

/// `GET /account`: what clients hold.
///
/// Posts `csrf` and `action` (`end:GRANT`, `end-all`, `disconnect:PROVIDER` or `sign-out`) to `/account`.
#[derive(Clone, Debug)]
pub(crate) struct AccountPage {
    pub(crate) csrf: String,
    pub(crate) account: AccountView,
    pub(crate) connections: Vec<ConnectionView>,
    /// Accounts at further third parties.
    pub(crate) accounts: Vec<ConnectedView>,
    /// The time of the page, for "3 hours ago".
    pub(crate) now: UnixTime,
    pub(crate) notice: Option<AccountNotice>,
}

/// What has just been done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum AccountNotice {
    /// One connection has ended; with the client's name.
    Ended(Option<String>),
    /// So many have ended.
    AllEnded(usize),
    /// The connected account of this third party is gone.
    Disconnected(String),
}

/// An account that the person has connected at a further third party.
#[derive(Clone, Debug)]
pub(crate) struct ConnectedView {
    /// The provider's id, for the form.
    pub(crate) provider: String,
    pub(crate) provider_name: String,
    /// What the account is called there.
    pub(crate) name: Option<String>,
}

/// Asks whether an account at a further third party is to be connected.
///
/// Posts `csrf`, `subject` and `decision` (`connect` or `cancel`) to its own path.
#[derive(Clone, Debug)]
pub(crate) struct ConnectPage {
    pub(crate) csrf: String,
    pub(crate) path: String,
    pub(crate) subject: String,
    /// The name of the third party.
    pub(crate) provider: String,
    pub(crate) account: AccountView,
}

/// One client's hold on the person's access.
#[derive(Clone, Debug)]
pub(crate) struct ConnectionView {
    /// The grant's id, for the form.
    pub(crate) grant: String,
    pub(crate) client_name: Option<String>,
    pub(crate) client_id: String,
    pub(crate) server: String,
    pub(crate) scopes: Vec<ScopeView>,
    pub(crate) created: UnixTime,
    pub(crate) last_used: UnixTime,
}

/// After signing out.
#[derive(Clone, Debug, Default)]
pub(crate) struct SignedOutPage {
    /// Where the person signs out of the service that they had signed in with, if it has such a page.
    pub(crate) elsewhere: Option<SignOutElsewhere>,
}

/// The page of a third party on which people sign out (OpenID Connect RP-Initiated Logout).
#[derive(Clone, Debug)]
pub(crate) struct SignOutElsewhere {
    pub(crate) name: String,
    pub(crate) location: Url,
}

/// Something went wrong or took too long; says what to do.
#[derive(Clone, Debug)]
pub(crate) struct ProblemPage {
    pub(crate) problem: Problem,
    /// For whoever helps.
    pub(crate) request_id: String,
    /// Where a press of a button leads, for errors that belong to the client.
    pub(crate) back_to_client: Option<BackToClient>,
}

/// A way back to the client, which the person takes or not.
#[derive(Clone, Debug)]
pub(crate) struct BackToClient {
    pub(crate) location: String,
    pub(crate) place: String,
}

/// Every problem that a page explains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Problem {
    /// The client is not known here, any more or at all.
    UnknownClient,
    /// The client describes itself at an address of its own, and that could not be had or used.
    ClientDocument,
    /// The client asks to be answered at an address that is not one of its own.
    RedirectUri,
    /// The request makes no sense.
    Malformed,
    /// The request is too long.
    TooLong,
    /// The client made a mistake; it can be told.
    ClientMistake,
    /// The sign-in took too long, is finished, or was begun in another browser.
    Expired,
    /// The form did not come from our page.
    NotOurForm,
    /// The person may not come in.
    NotAllowed,
    /// The link was made for somebody else than the one who is signed in.
    OtherPerson,
    /// The third party said no, or something that cannot be believed.
    ThirdPartyRefused,
    /// The third party did not answer in time.
    ThirdPartyUnavailable,
    /// Too many sign-ins are open.
    Busy,
    /// Something failed here; trying again later may help.
    Unavailable,
    /// There is no such page.
    NotFound,
}
