use std::time::Duration;

use oauth_types::UnixTime;

use crate::{Reason, Refusal, jwt::Claims};

/// `nbf` and `iat` ≤ now < `exp`, each with the leeway (RFC 7519 section 4.1), and no longer than allowed.
pub(super) fn check(
    claims: &Claims,
    max_lifetime: Option<Duration>,
    leeway: Duration,
    now: UnixTime,
) -> Result<(), Refusal> {
    if now >= claims.expires_at + leeway {
        let past = now.saturating_since(claims.expires_at).as_secs();
        return Err(Refusal::new(Reason::TokenExpired).with_detail(format!("{past} s ago")));
    }
    for (name, start) in [("nbf", claims.not_before), ("iat", claims.issued_at)] {
        if let Some(start) = start.filter(|it| *it > now + leeway) {
            let ahead = start.saturating_since(now).as_secs();
            return Err(
                Refusal::new(Reason::TokenNotYetValid).with_detail(format!("{name} is {ahead} s ahead"))
            );
        }
    }
    let start = claims.issued_at.or(claims.not_before);
    match (max_lifetime, start) {
        (Some(longest), Some(start)) if claims.expires_at.saturating_since(start) > longest => {
            Err(Reason::LifetimeTooLong.into())
        }
        (Some(longest), None) if claims.expires_at.saturating_since(now) > longest => {
            Err(Reason::LifetimeTooLong.into())
        }
        _ => Ok(()),
    }
}
