use super::{
    Claims, EmailTrust, ForwardResource, IdentitySource, IssuerSource, Offline, Preset, RevokeStyle,
    StaticEndpoints, StatusCheck, TokenPath, UserRequest,
    generic::{NO_ENDPOINTS, OAUTH2, OIDC, OPENID_CLAIMS},
};
use crate::TokenAuth;

/// "Sign in with Slack": OpenID Connect, identity only, no refresh tokens.
pub(super) const SIGN_IN: Preset = Preset {
    display_name: "Slack",
    issuer: IssuerSource::Fixed("https://slack.com"),
    token_auth: Some(TokenAuth::Post),
    secret_required: true,
    pkce: false,
    resource: ForwardResource::Never,
    offline: Offline::Never,
    ok_member: Some("ok"),
    identity: IdentitySource::IdTokenAndUserinfo,
    claims: Claims {
        subject: &["/https:~1~1slack.com~1team_id", "/https:~1~1slack.com~1user_id"],
        tenant: "/https:~1~1slack.com~1team_id",
        groups: "",
        ..OPENID_CLAIMS
    },
    status: StatusCheck::Identity,
    revoke: RevokeStyle::None,
    ..OIDC
};

/// Slack's API: the user's token is nested, errors have status 200, scopes have commas.
pub(super) const API: Preset = Preset {
    display_name: "Slack",
    endpoints: StaticEndpoints {
        authorization: Some("https://slack.com/oauth/v2/authorize"),
        token: Some("https://slack.com/api/oauth.v2.access"),
        userinfo: Some("https://slack.com/api/auth.test"),
        revocation: Some("https://slack.com/api/auth.revoke"),
        ..NO_ENDPOINTS
    },
    token_auth: Some(TokenAuth::Post),
    secret_required: true,
    // Only for applications that opted in.
    pkce: false,
    scope_parameter: "user_scope",
    scope_separator: ",",
    resource: ForwardResource::Never,
    offline: Offline::Never,
    token_path: Some(TokenPath { object: "authed_user", or_type_at_top: "user" }),
    token_types: &["bearer", "user"],
    ok_member: Some("ok"),
    ended_codes: &["invalid_refresh_token", "token_revoked", "token_expired", "account_inactive"],
    identity: IdentitySource::Userinfo(UserRequest::Post("{}")),
    claims: Claims {
        subject: &["team_id", "user_id"],
        name: "user",
        login: "user",
        email_trust: EmailTrust::Never,
        tenant: "team_id",
        groups: "",
        ..OPENID_CLAIMS
    },
    subject_configurable: false,
    status: StatusCheck::Identity,
    revoke: RevokeStyle::Bearer,
    ..OAUTH2
};

/// Whether the operator asked for the API instead of sign-in.
pub(super) fn is_api(scopes: &[String]) -> bool {
    !scopes.is_empty() && !scopes.iter().any(|it| it == "openid")
}
