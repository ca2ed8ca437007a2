use super::{
    Claims, EmailTrust, ForwardResource, IdentitySource, IssuerSource, Lists, LookupScopes, Offline, Preset,
    RevokeStyle, StaticEndpoints, StatusCheck, UserRequest,
};

/// An OpenID provider that keeps to the standards (OpenID Connect Core and Discovery).
pub(super) const OIDC: Preset = Preset {
    display_name: "OpenID Connect",
    issuer: IssuerSource::Configured,
    endpoints: NO_ENDPOINTS,
    token_auth: None,
    secret_required: false,
    pkce: true,
    scopes: &["openid", "profile", "email"],
    lookup_scopes: LookupScopes { email: &[], organizations: &[], teams: &[] },
    scope_parameter: "scope",
    scope_separator: " ",
    scope_aliases: &[],
    scope_at_token: false,
    authorize_parameters: &[],
    resource: ForwardResource::Resource,
    offline: Offline::ScopeIfAdvertised,
    token_path: None,
    token_types: &["bearer"],
    ok_member: None,
    ended_codes: &[],
    identity: IdentitySource::IdTokenAndUserinfo,
    claims: OPENID_CLAIMS,
    subject_configurable: false,
    lists: NO_LISTS,
    status: StatusCheck::Introspection,
    revoke: RevokeStyle::Rfc7009,
};

/// An OAuth 2.0 server whose user endpoint says who somebody is.
pub(super) const OAUTH2: Preset = Preset {
    display_name: "OAuth 2.0",
    issuer: IssuerSource::None,
    scopes: &[],
    offline: Offline::ScopeOnDemand,
    identity: IdentitySource::Userinfo(UserRequest::Get),
    claims: Claims { subject: &["id"], login: "login", ..OPENID_CLAIMS },
    subject_configurable: true,
    ..OIDC
};

/// The standard claims (OpenID Connect Core section 5.1); `groups` is what many servers call it.
pub(crate) const OPENID_CLAIMS: Claims = Claims {
    subject: &["sub"],
    name: "name",
    login: "preferred_username",
    email: "email",
    email_trust: EmailTrust::Claim("email_verified"),
    tenant: "",
    organizations: "",
    groups: "groups",
};

pub(super) const NO_ENDPOINTS: StaticEndpoints = StaticEndpoints {
    authorization: None,
    token: None,
    userinfo: None,
    revocation: None,
    introspection: None,
};

pub(super) const NO_LISTS: Lists = Lists { emails: None, organizations: None, teams: None };
