use oauth_types::Audience;

use crate::{
    AudiencePolicy, IssuerPolicy, Reason, Refusal, ResourcePolicy,
    jwt::{Claims, missing},
    refusal::quoted,
};

/// The token is meant for this resource (RFC 9068 section 4, MCP "Token Handling").
pub(super) fn check(
    claims: &Claims,
    policy: &IssuerPolicy,
    resource: &ResourcePolicy,
) -> Result<(), Refusal> {
    match (&claims.audience, &policy.audience) {
        (Some(audience), _) if resource.audiences().iter().any(|it| audience.names(it)) => Ok(()),
        (Some(audience), _) => Err(mismatch(audience, resource)),
        (None, AudiencePolicy::ClientId { allowed }) => {
            let client = claims.client_id.as_ref().ok_or_else(|| missing("client_id"))?;
            if allowed.contains(client) {
                return Ok(());
            }
            Err(Refusal::new(Reason::AudienceMismatch)
                .with_detail(format!("client {}", quoted(client.as_str()))))
        }
        (None, AudiencePolicy::Claim) => Err(missing("aud")),
    }
}

fn mismatch(audience: &Audience, resource: &ResourcePolicy) -> Refusal {
    let list = |names: &[String]| names.iter().take(2).map(|it| quoted(it)).collect::<Vec<_>>().join(", ");
    let (is, expected) = (list(audience.as_slice()), list(resource.audiences()));
    Refusal::new(Reason::AudienceMismatch).with_detail(format!("aud is {is}, expected {expected}"))
}
