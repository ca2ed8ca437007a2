//! One line for each act of a person, at the level `INFO` with the target `audit`; never a token.

use oauth_client::NotAllowed;
use oauth_types::{Principal, ProviderId, Scope};
use session_binding::{Authenticated, Purpose};

/// Somebody signed in.
pub(super) fn signed_in(who: &Authenticated, purpose: &Purpose) {
    let Principal { provider, subject } = who.principal();
    tracing::info!(
        target: "audit",
        { principal.provider = %provider, principal.subject = %subject, client.id = client_of(purpose) },
        "signed in"
    );
}

/// The rules kept somebody out.
pub(super) fn kept_out(principal: &Principal, reason: NotAllowed, purpose: &Purpose) {
    let Principal { provider, subject } = principal;
    tracing::info!(
        target: "audit",
        {
            principal.provider = %provider,
            principal.subject = %subject,
            client.id = client_of(purpose),
            reason = %reason,
        },
        "not allowed to sign in"
    );
}

/// Somebody approved, and goes on to sign in.
pub(super) fn approved(provider: &ProviderId, purpose: &Purpose) {
    tracing::info!(
        target: "audit",
        { principal.provider = %provider, client.id = client_of(purpose) },
        "consent given, sign-in to follow"
    );
}

/// Somebody who is signed in approved, and keeps what they had allowed before.
pub(super) fn approved_by(who: &Authenticated, purpose: &Purpose, kept: &Scope) {
    let Principal { provider, subject } = who.principal();
    tracing::info!(
        target: "audit",
        {
            principal.provider = %provider,
            principal.subject = %subject,
            client.id = client_of(purpose),
            scope.kept = (!kept.is_empty()).then(|| tracing::field::display(kept)),
        },
        "consent given"
    );
}

/// Somebody said no, here or at the third party.
pub(super) fn denied(purpose: &Purpose) {
    tracing::info!(target: "audit", { client.id = client_of(purpose) }, "consent denied");
}

/// Somebody has connected a further account.
pub(super) fn connected(who: &Authenticated, account: &Principal) {
    let Principal { provider, subject } = who.principal();
    tracing::info!(
        target: "audit",
        {
            principal.provider = %provider,
            principal.subject = %subject,
            connected.provider = %account.provider,
            connected.subject = %account.subject,
        },
        "account connected"
    );
}

/// Somebody has taken a connected account away.
pub(super) fn disconnected(who: &Authenticated, account: &ProviderId) {
    let Principal { provider, subject } = who.principal();
    tracing::info!(
        target: "audit",
        { principal.provider = %provider, principal.subject = %subject, connected.provider = %account },
        "account disconnected"
    );
}

/// Somebody signed out.
pub(super) fn signed_out(who: &Authenticated) {
    let Principal { provider, subject } = who.principal();
    tracing::info!(
        target: "audit",
        { principal.provider = %provider, principal.subject = %subject },
        "signed out"
    );
}

fn client_of(purpose: &Purpose) -> Option<&str> {
    match purpose {
        Purpose::Authorize(request) => Some(request.client_id.as_str()),
        Purpose::Account | Purpose::FollowLink(_) | Purpose::Connect(_) => None,
    }
}
