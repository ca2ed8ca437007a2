#![doc = include_str!("../README.md")]

mod authenticated;
mod browser_sessions;
mod connections;
mod cookie;
mod csrf;
#[cfg(test)]
mod every_operation;
mod pending;
mod random;
mod record;
#[cfg(test)]
mod testing;
mod third_party_sessions;

pub use authenticated::Authenticated;
pub use browser_sessions::{BrowserSession, BrowserSessionLimits, BrowserSessions, SessionSecret};
pub use connections::{Connection, Connections, DirectoryUnavailable, DisconnectError, GrantDirectory};
pub use cookie::{CookieError, CookieName, CookieNames, Cookies, SetCookie};
pub use csrf::CsrfToken;
pub use pending::{
    AuthorizationRequest, AwaitingCallback, BeginError, BrowserBinding, CallbackError, CalledBack,
    ClientFacts, ClientOrigin, ClientState, ClientStateTooLong, Completed, Completion, ConnectLink,
    ConnectRequest, Consented, InvalidSecretText, InvalidThirdPartyState, Pending, PendingAuthorizations,
    PendingId, PendingLimits, Purpose, Requested, SignedIn, StepError, ThirdPartyState, Transaction,
};
pub use third_party_sessions::{
    BindError, Bound, Cursor, EndCause, EndedSession, InvalidThirdPartySessionId, Liveness, Overdue, SignIn,
    SignInOutcome, ThirdPartySession, ThirdPartySessionId, ThirdPartySessionLimits, ThirdPartySessions,
    UnusedSession,
};
