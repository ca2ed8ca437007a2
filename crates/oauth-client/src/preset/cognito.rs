use super::{
    Claims, ForwardResource, IdentitySource, Offline, Preset, StatusCheck,
    generic::{OIDC, OPENID_CLAIMS},
};

/// Amazon Cognito: PKCE works unadvertised, `offline_access` is refused.
pub(super) const PRESET: Preset = Preset {
    display_name: "Amazon Cognito",
    resource: ForwardResource::Resource,
    offline: Offline::Never,
    // Its userinfo writes `email_verified` as text; the ID token has a boolean, and everything else.
    identity: IdentitySource::IdToken,
    claims: Claims { login: "/cognito:username", groups: "/cognito:groups", ..OPENID_CLAIMS },
    status: StatusCheck::Identity,
    ..OIDC
};
