use std::collections::BTreeSet;

use oauth_types::ClaimPath;
use serde_json::Value;

use crate::config::{
    Config, Membership, MembershipName, RuleAllow, ThirdParty,
    check::servers,
    report::{KeyPath, Problem},
};

/// A rule asks for claims that the gateway's own tokens have, which are the only ones here: nobody could have another.
pub(super) fn check(config: &Config, third_party: &ThirdParty) -> Result<(), Problem> {
    for (key, name, value) in super::rule_claims(config) {
        if Membership::of(name).is_some() {
            RuleAllow::values(value).iter().try_for_each(|it| membership(&key, it, third_party))?;
        } else if !is_plain_in_own_tokens(name) {
            return Err(Problem::new(key, unknown(name)));
        }
    }
    servers(config).try_for_each(|(section, server)| {
        let different: BTreeSet<_> = server.memberships().collect();
        let bytes: usize = different.iter().map(|(_, it)| in_json(&it.to_string())).sum();
        if bytes <= MOST_BYTES {
            return Ok(());
        }
        let message = format!(
            "name more groups, organisations and teams than fit into a token: {bytes} bytes, and {MOST_BYTES} do"
        );
        Err(Problem::new(section.key("rule"), message))
    })
}

/// Somebody could be in it: it is of a provider of this configuration.
fn membership(key: &KeyPath, value: &Value, third_party: &ThirdParty) -> Result<(), Problem> {
    let shown = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let refuse = |message: &str| Err(Problem::new(key.clone(), format!("`{shown}` {message}")));
    let Some(Ok(wanted)) = value.as_str().map(str::parse::<MembershipName>) else {
        return refuse(
            "must begin with the `id` of a provider and a colon, such as `github:acme`: each has groups of its own",
        );
    };
    if !third_party.providers.iter().any(|it| it.id == wanted.provider) {
        return refuse(&format!("is of no provider: none has the `id` `{}`", wanted.provider));
    }
    if wanted.name.len() > LONGEST_NAME {
        return refuse(&format!(
            "is longer than {LONGEST_NAME} bytes after the `id`, and nobody is told such a name"
        ));
    }
    super::allow::exact(&wanted.name).or_else(refuse)
}

/// The bytes of a text in a list, with what stands around it.
fn in_json(text: &str) -> usize {
    Value::from(text).to_string().len() + COMMA
}

fn unknown(name: &str) -> String {
    format!(
        "nobody has the claim `{name}` here: with `[third_party]` every token is the gateway's own, and says who \
        somebody is and in which `groups`, `organizations` and `teams` of those that rules name: use one of them, \
        name people in `subjects`, such as `github:583231`, or let only some sign in by `allow` of the provider"
    )
}

/// Whether it is a claim of ours, or within one, that is no list.
fn is_plain_in_own_tokens(name: &str) -> bool {
    let is_list = |claim: &str| Membership::ALL.iter().any(|it| it.claim() == claim);
    let is_plain = |it: &ClaimPath| OWN_CLAIMS.contains(&it.claim()) && !is_list(it.claim());
    name.parse().is_ok_and(|it| is_plain(&it))
}

/// What access tokens of the gateway say (RFC 9068 section 2.2), in the order of `token_manager::AccessTokenClaims`.
pub(in crate::config) const OWN_CLAIMS: [&str; 14] = [
    "iss",
    "aud",
    "sub",
    "client_id",
    "iat",
    "exp",
    "jti",
    "scope",
    "grant",
    "act",
    "groups",
    "organizations",
    "teams",
    "cnf",
];
const COMMA: usize = 1;
/// What is told of people by longer names is not kept.
const LONGEST_NAME: usize = 255;
/// In base64 half of the longest token that is read; the other half is for all else.
const MOST_BYTES: usize = 3 * 1024;
