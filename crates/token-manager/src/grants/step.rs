//! The life of a grant as a pure function: no store, no clock, no keys.

mod redeem;
mod rotate;

pub(super) use redeem::FIRST_GENERATION;

use std::time::Duration;

use oauth_types::{ClientId, JwkThumbprint, ResourceUri, Scope, UnixTime};

use super::{
    EndCause, Refusal,
    state::{CodeIssued, Digest, Ended, Grant, Live, State},
    terms::Terms,
};
use crate::{KeyId, Memberships};

/// What a token request with a code says about itself, after the client was authenticated (OAuth 2.1 section 4.1.3).
#[derive(Clone, Copy, Debug)]
pub struct RedeemCheck<'a> {
    /// The authenticated client.
    pub client_id: &'a ClientId,
    /// `redirect_uri`, byte for byte.
    pub redirect_uri: Option<&'a str>,
    /// `code_verifier`, in whatever form it came.
    pub code_verifier: Option<&'a str>,
    /// Every `resource`; none means the granted one.
    pub resources: &'a [ResourceUri],
    /// The key that the request proves to have (RFC 9449); the access token is bound to it.
    pub key: Option<JwkThumbprint>,
    /// Whether the client proves itself by nothing else: then its refresh tokens are bound to the key too
    /// (RFC 9449 section 5).
    pub is_public: bool,
    /// What the access token says of the person, beside who it is.
    pub memberships: &'a Memberships,
}

/// What a token request with a refresh token says about itself, after the client was authenticated
/// (OAuth 2.1 section 4.3).
#[derive(Clone, Copy, Debug)]
pub struct RotateCheck<'a> {
    /// The authenticated client.
    pub client_id: &'a ClientId,
    /// `scope`; none means all that was granted.
    pub scope: Option<&'a Scope>,
    /// Every `resource`; none means the granted one.
    pub resources: &'a [ResourceUri],
    /// The key that the request proves to have (RFC 9449); the access token is bound to it.
    pub key: Option<JwkThumbprint>,
    /// What the access token says of the person, beside who it is.
    pub memberships: &'a Memberships,
}

/// What can happen to a grant.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Event<'a> {
    /// The code with this digest is presented; a refresh token would be made with this key.
    Redeem { code: Digest, key_id: KeyId, check: RedeemCheck<'a> },
    /// An authentic refresh token of this generation is presented; its successor would be made with this key.
    Rotate { generation: u64, key_id: KeyId, check: RotateCheck<'a> },
    /// Somebody who may has decided that it ends.
    Revoke(EndCause),
    /// Its time may be over.
    Expire,
    /// It was used, lately.
    Touch,
    /// Somebody may have changed it without having seen that it was done.
    Settle,
}

/// What holds around a step.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Circumstances {
    pub(crate) now: UnixTime,
    /// When the process has last seen the grant used, which the record may not know yet.
    pub(crate) seen_at: UnixTime,
    pub(crate) retry_window: Duration,
    pub(crate) idle_timeout: Duration,
    pub(crate) access_token_lifetime: Duration,
}

/// What is answered once the next state is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Tokens: an access token of this scope, bound to a key of the client or not, and the refresh token of this
    /// generation, made with this key of ours.
    Granted { generation: u64, key_id: KeyId, scope: Scope, bound_to: Option<JwkThumbprint> },
    /// A refusal that has a consequence.
    Refused(Refusal),
    /// Nothing but that it was done.
    Done,
}

impl Event<'_> {
    /// Whether the grant is written even if it stays the same: a change that somebody began before cannot be made then.
    pub(crate) const fn always_writes(&self) -> bool {
        matches!(self, Self::Settle)
    }

    /// What an access token says of the person, if the step gives one.
    pub(crate) const fn memberships(&self) -> &Memberships {
        match self {
            Self::Redeem { check, .. } => check.memberships,
            Self::Rotate { check, .. } => check.memberships,
            Self::Revoke(_) | Self::Expire | Self::Touch | Self::Settle => Memberships::NONE,
        }
    }
}

impl Grant {
    /// Makes one step.
    ///
    /// The answer may be given only after the grant of the result is stored in the place of this one.
    ///
    /// # Errors
    /// A refusal without consequences: there is nothing to store.
    pub(crate) fn step(self, event: &Event<'_>, given: &Circumstances) -> Result<(Self, Outcome), Refusal> {
        let Self { mut terms, state } = self;
        let (state, outcome) = match state {
            State::CodeIssued(state) => state.step(&mut terms, event, given)?,
            State::Live(state) => state.step(&terms, event, given)?,
            State::Ended(state) => return Err(Refusal::Ended(state.cause)),
        };
        Ok((Self { terms, state }, outcome))
    }
}

impl CodeIssued {
    fn step(
        self,
        terms: &mut Terms,
        event: &Event<'_>,
        given: &Circumstances,
    ) -> Result<(State, Outcome), Refusal> {
        match event {
            Event::Redeem { code, key_id, check } => self.redeem(terms, code, *key_id, check, given),
            Event::Revoke(cause) => Ok((ended(*cause, given.now), Outcome::Done)),
            // No refresh token exists yet; whoever has an authentic one has it from a store that was rolled back.
            Event::Rotate { .. } => Err(Refusal::Unknown),
            Event::Settle => Ok((State::CodeIssued(self), Outcome::Done)),
            Event::Expire | Event::Touch => Err(Refusal::NothingToDo),
        }
    }
}

impl Live {
    fn step(
        self,
        terms: &Terms,
        event: &Event<'_>,
        given: &Circumstances,
    ) -> Result<(State, Outcome), Refusal> {
        match event {
            Event::Redeem { code, check, .. } => self.redeem_again(terms, code, check, given),
            Event::Rotate { generation, key_id, check } => {
                self.rotate(terms, *generation, *key_id, check, given)
            }
            Event::Revoke(cause) => Ok((ended(*cause, given.now), Outcome::Done)),
            Event::Expire => match self.overdue(terms, given) {
                Some(cause) => Ok((ended(cause, given.now), Outcome::Done)),
                None => Err(Refusal::NothingToDo),
            },
            Event::Touch if given.seen_at <= self.last_used_at => Err(Refusal::NothingToDo),
            Event::Settle => Ok((State::Live(self), Outcome::Done)),
            Event::Touch => Ok((State::Live(Self { last_used_at: given.seen_at, ..self }), Outcome::Done)),
        }
    }

    /// Whether the grant has outlived one of its times.
    fn overdue(&self, terms: &Terms, given: &Circumstances) -> Option<EndCause> {
        let used_at = self.last_used_at.max(given.seen_at);
        if given.now >= terms.expires_at {
            Some(EndCause::AbsoluteTimeout)
        } else if given.now.saturating_since(used_at) >= given.idle_timeout {
            Some(EndCause::IdleTimeout)
        } else {
            None
        }
    }
}

const fn ended(cause: EndCause, at: UnixTime) -> State {
    State::Ended(Ended { cause, at })
}

#[cfg(test)]
mod model;
