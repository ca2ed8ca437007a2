use super::{
    Claims, EmailTrust, ForwardResource, IdentitySource, IssuerSource, Offline, Preset, RevokeStyle,
    StatusCheck,
    generic::{OIDC, OPENID_CLAIMS},
};
use crate::TokenAuth;

/// Microsoft Entra ID: the issuer carries the tenant, `sub` differs per client, addresses prove nothing.
pub(super) const PRESET: Preset = Preset {
    display_name: "Microsoft",
    issuer: IssuerSource::Tenant,
    token_auth: Some(TokenAuth::Post),
    // AADSTS28003: the scope is wanted at the token endpoint too.
    scope_at_token: true,
    // AADSTS9010010: `resource` beside `scope` is refused.
    resource: ForwardResource::Never,
    offline: Offline::Scope,
    ended_codes: &["interaction_required"],
    // Userinfo is Microsoft Graph, which says nothing that the ID token does not.
    identity: IdentitySource::IdToken,
    claims: Claims {
        subject: &["tid", "oid"],
        // Only "the owner of this domain put it there" counts, an optional claim of the application.
        email_trust: EmailTrust::Claim("xms_edov"),
        tenant: "tid",
        ..OPENID_CLAIMS
    },
    // Graph's tokens are nobody else's to read.
    status: StatusCheck::None,
    revoke: RevokeStyle::None,
    ..OIDC
};
