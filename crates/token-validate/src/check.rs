//! The checks of claims, one per file. Each is pure and takes what it needs.

mod access_token_marks;
mod audience;
mod client;
mod lifetime;
mod purpose;
mod required_claims;
mod scope;
mod sender_constraint;
mod token_type;

use oauth_types::UnixTime;

pub(crate) use purpose::check_purpose;
pub(crate) use scope::granted_scope;
pub(crate) use sender_constraint::Sender;
pub(crate) use token_type::check_token_type;

use crate::{IssuerPolicy, Refusal, ResourcePolicy, jwt::Claims, settings::ValidatorSettings};

/// Everything that depends on the resource, the sender, the time and the policy; also done when the token is remembered.
pub(crate) fn check_claims(
    claims: &Claims,
    policy: &IssuerPolicy,
    resource: &ResourcePolicy,
    settings: &ValidatorSettings,
    (sender, now): (Sender<'_>, UnixTime),
) -> Result<(), Refusal> {
    audience::check(claims, policy, resource)?;
    lifetime::check(claims, policy.max_lifetime, settings.leeway, now)?;
    sender_constraint::check(claims, sender)?;
    required_claims::check(claims, &policy.required_claims)?;
    access_token_marks::check(claims, &policy.access_token_marks)?;
    client::check(claims, policy.allowed_clients.as_deref())
}

/// What an introspection answer, completed from the token it is about, must still fulfil.
pub(crate) fn check_answer(
    claims: &Claims,
    policy: &IssuerPolicy,
    resource: &ResourcePolicy,
    settings: &ValidatorSettings,
    (sender, now): (Sender<'_>, UnixTime),
) -> Result<(), Refusal> {
    audience::check(claims, policy, resource)?;
    lifetime::check(claims, policy.max_lifetime, settings.leeway, now)?;
    sender_constraint::check(claims, sender)?;
    client::check(claims, policy.allowed_clients.as_deref())
}
