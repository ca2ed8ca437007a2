use std::fmt;

use oauth_types::{ClientId, GrantId, Principal, UnixTime};

use super::{EndCause, terms::SessionKey};

/// Told of what happens to grants, after it is durable and before anybody is answered.
///
/// Must be quick: it is called on the way of requests.
pub trait GrantEvents: fmt::Debug + Send + Sync {
    /// A grant has ended; told once for each, by whoever ended it or by whoever finds it ended first.
    fn ended(&self, event: &GrantEnded);
}

/// A grant that has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantEnded {
    /// Which.
    pub grant: GrantId,
    /// Why.
    pub cause: EndCause,
    /// When.
    pub at: UnixTime,
    /// Who held it.
    pub client_id: ClientId,
    /// Who had given it.
    pub principal: Principal,
    /// What it rested on.
    pub session: Option<SessionKey>,
    /// Whether tokens had been issued.
    pub had_tokens: bool,
}

/// Writes one line for each event into the log, at the level `INFO` with the target `audit`.
#[derive(Clone, Copy, Debug, Default)]
pub struct AuditLog;

impl GrantEvents for AuditLog {
    fn ended(&self, event: &GrantEnded) {
        tracing::info!(
            target: "audit",
            {
                grant.id = %event.grant,
                grant.cause = event.cause.code(),
                grant.had_tokens = event.had_tokens,
                client.id = %event.client_id,
                principal.provider = %event.principal.provider,
                principal.subject = %event.principal.subject,
            },
            "grant ended"
        );
    }
}
