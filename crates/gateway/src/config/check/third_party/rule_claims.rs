use oauth_types::ClaimPath;

use crate::config::{Config, ThirdParty, check::servers, report::Problem};

/// A rule asks for claims that the gateway's own tokens have, which are the only ones here: nobody could have another.
pub(super) fn check(config: &Config, _: &ThirdParty) -> Result<(), Problem> {
    for (section, server) in servers(config) {
        for (index, rule) in server.rules.iter().enumerate() {
            let allowed = rule.allow.iter().filter_map(|it| it.claims.as_ref()).flatten();
            let missing = allowed.filter(|(name, _)| !is_in_own_tokens(name)).map(|(name, _)| name).next();
            if let Some(name) = missing {
                let message = format!(
                    "nobody has the claim `{name}` here: with `[third_party]` every token is the gateway's own, \
                    and says who somebody is, but not their groups: name people in `subjects`, such as \
                    `github:583231`, or let only some sign in by `allow` of the provider"
                );
                let key = section.key("rule").index(index).key("allow").key("claims").key(name);
                return Err(Problem::new(key, message));
            }
        }
    }
    Ok(())
}

fn is_in_own_tokens(name: &str) -> bool {
    name.parse::<ClaimPath>().is_ok_and(|it| OWN_CLAIMS.contains(&it.claim()))
}

/// What access tokens of the gateway say (RFC 9068 section 2.2), in the order of `token_manager::AccessTokenClaims`.
pub(in crate::config) const OWN_CLAIMS: [&str; 11] =
    ["iss", "aud", "sub", "client_id", "iat", "exp", "jti", "scope", "grant", "act", "cnf"];
