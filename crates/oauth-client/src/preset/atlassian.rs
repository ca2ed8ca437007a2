use super::{
    Claims, ForwardResource, IdentitySource, IssuerSource, Offline, Preset, RevokeStyle, StaticEndpoints,
    StatusCheck, UserRequest,
    generic::{NO_ENDPOINTS, OAUTH2, OPENID_CLAIMS},
};
use crate::TokenAuth;

/// Atlassian cloud: a fixed audience, rotating refresh tokens, no way to revoke.
pub(super) const PRESET: Preset = Preset {
    display_name: "Atlassian",
    issuer: IssuerSource::None,
    endpoints: StaticEndpoints {
        authorization: Some("https://auth.atlassian.com/authorize"),
        token: Some("https://auth.atlassian.com/oauth/token"),
        userinfo: Some("https://api.atlassian.com/me"),
        ..NO_ENDPOINTS
    },
    token_auth: Some(TokenAuth::Post),
    secret_required: true,
    pkce: false,
    scopes: &["read:me"],
    authorize_parameters: &[("audience", "api.atlassian.com"), ("prompt", "consent")],
    resource: ForwardResource::Never,
    offline: Offline::Scope,
    identity: IdentitySource::Userinfo(UserRequest::Get),
    claims: Claims { subject: &["account_id"], login: "nickname", groups: "", ..OPENID_CLAIMS },
    subject_configurable: false,
    status: StatusCheck::Identity,
    revoke: RevokeStyle::None,
    ..OAUTH2
};
