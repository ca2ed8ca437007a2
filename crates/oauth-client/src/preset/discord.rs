use super::{
    Claims, EmailTrust, ForwardResource, IdentitySource, IssuerSource, List, Lists, LookupScopes, Offline,
    Preset, StaticEndpoints, StatusCheck, UserRequest,
    generic::{NO_ENDPOINTS, NO_LISTS, OIDC, OPENID_CLAIMS},
};

/// Discord: metadata of an authorization server, the identity by its own API, opaque tokens.
pub(super) const PRESET: Preset = Preset {
    display_name: "Discord",
    issuer: IssuerSource::Fixed("https://discord.com"),
    endpoints: StaticEndpoints {
        userinfo: Some("https://discord.com/api/users/@me"),
        introspection: Some("https://discord.com/api/oauth2/@me"),
        ..NO_ENDPOINTS
    },
    secret_required: true,
    scopes: &["identify"],
    lookup_scopes: LookupScopes { email: &["email"], organizations: &["guilds"], teams: &[] },
    resource: ForwardResource::Never,
    offline: Offline::Never,
    identity: IdentitySource::Userinfo(UserRequest::Get),
    claims: Claims {
        subject: &["id"],
        name: "global_name",
        login: "username",
        email_trust: EmailTrust::Claim("verified"),
        groups: "",
        ..OPENID_CLAIMS
    },
    lists: Lists {
        // Anybody can give a guild any name, so only ids count.
        organizations: Some(List { path: "/guilds", id: "id", name: &[], only: None, within: None }),
        ..NO_LISTS
    },
    status: StatusCheck::Audience { post: false, client: "application.id" },
    ..OIDC
};
