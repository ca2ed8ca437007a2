use super::{
    Claims, EmailTrust, ForwardResource, IdentitySource, IssuerSource, Offline, Preset, StaticEndpoints,
    StatusCheck, UserRequest,
    generic::{NO_ENDPOINTS, OAUTH2, OPENID_CLAIMS},
};
use crate::TokenAuth;

/// Linear: scopes with commas, the identity by GraphQL.
pub(super) const PRESET: Preset = Preset {
    display_name: "Linear",
    endpoints: StaticEndpoints {
        authorization: Some("https://linear.app/oauth/authorize"),
        token: Some("https://api.linear.app/oauth/token"),
        userinfo: Some("https://api.linear.app/graphql"),
        revocation: Some("https://api.linear.app/oauth/revoke"),
        ..NO_ENDPOINTS
    },
    issuer: IssuerSource::None,
    token_auth: Some(TokenAuth::Post),
    scopes: &["read"],
    scope_separator: ",",
    resource: ForwardResource::Never,
    offline: Offline::Never,
    identity: IdentitySource::Userinfo(UserRequest::Post(VIEWER)),
    claims: Claims {
        subject: &["data.viewer.id"],
        name: "data.viewer.name",
        login: "data.viewer.displayName",
        email: "data.viewer.email",
        // The schema does not say whether anybody checked it.
        email_trust: EmailTrust::Never,
        organizations: "data.viewer.organization.id",
        groups: "",
        ..OPENID_CLAIMS
    },
    subject_configurable: false,
    status: StatusCheck::Identity,
    ..OAUTH2
};

const VIEWER: &str = r#"{"query":"{ viewer { id name displayName email organization { id } } }"}"#;
