use super::{
    Claims, ForwardResource, Offline, Preset,
    generic::{OIDC, OPENID_CLAIMS},
};
use crate::TokenAuth;

/// Auth0: the issuer ends with a slash, an API is an `audience`.
pub(super) const PRESET: Preset = Preset {
    display_name: "Auth0",
    token_auth: Some(TokenAuth::Post),
    resource: ForwardResource::Audience,
    offline: Offline::Scope,
    claims: Claims { login: "nickname", organizations: "org_id", ..OPENID_CLAIMS },
    ..OIDC
};
