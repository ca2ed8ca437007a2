use super::{
    Claims, EmailTrust, ForwardResource, IdentitySource, IssuerSource, Offline, Preset, RevokeStyle,
    StaticEndpoints, StatusCheck,
    generic::{NO_ENDPOINTS, OIDC, OPENID_CLAIMS},
};
use crate::TokenAuth;

/// Google: refresh tokens by parameter, opaque access tokens, scopes that come back as URIs.
pub(super) const PRESET: Preset = Preset {
    display_name: "Google",
    issuer: IssuerSource::Fixed("https://accounts.google.com"),
    endpoints: StaticEndpoints {
        introspection: Some("https://oauth2.googleapis.com/tokeninfo"),
        revocation: Some("https://oauth2.googleapis.com/revoke"),
        ..NO_ENDPOINTS
    },
    token_auth: Some(TokenAuth::Post),
    secret_required: true,
    scope_aliases: &[
        ("https://www.googleapis.com/auth/userinfo.email", "email"),
        ("https://www.googleapis.com/auth/userinfo.profile", "profile"),
    ],
    resource: ForwardResource::Never,
    // `offline_access` would be refused; without `prompt=consent` only the first sign-in brings a refresh token.
    offline: Offline::Parameters(&[("access_type", "offline"), ("prompt", "consent")]),
    identity: IdentitySource::IdToken,
    claims: Claims {
        login: "email",
        email_trust: EmailTrust::Google,
        tenant: "hd",
        groups: "",
        ..OPENID_CLAIMS
    },
    status: StatusCheck::Audience { post: true, client: "aud" },
    revoke: RevokeStyle::TokenOnly,
    ..OIDC
};
