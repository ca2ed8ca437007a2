//! The ports of layer 2, each implemented over another part of it.

mod cause;
mod client_assertions;
mod client_names;
mod connected;
mod direct_grants;
mod directory;
mod dpop_proofs;
mod grant_check;
mod grant_port;
mod id_tokens;
mod identity_assertions;
mod memberships;
mod own_tokens;
mod providers;
mod remembered;
mod renewals;
mod rests_on;
mod session_key;
mod sign_in_provider;
mod standing;
mod trust;
mod upstream_tokens;

pub(crate) use self::{
    cause::end_cause,
    client_assertions::ClientAssertions,
    connected::ConnectedAccount,
    directory::{ClientNames, Directory},
    dpop_proofs::DpopProofs,
    grant_check::OwnGrants,
    grant_port::GrantAccess,
    id_tokens::{IdTokens, LOGOUT_TOKENS_LAST},
    identity_assertions::{Enterprise, EnterpriseKeys, Enterprises},
    memberships::NamedMemberships,
    own_tokens::OwnTokens,
    providers::Providers,
    remembered::Remembered,
    rests_on::{Foundations, NotEnded},
    session_key::{session_id, session_key},
    sign_in_provider::{Permitted, SignInProvider},
    trust::{Trust, TrustInForce},
    upstream_tokens::SignInTokens,
};

#[cfg(test)]
mod tests;
