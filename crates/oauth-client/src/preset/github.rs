use super::{
    Claims, EmailTrust, ForwardResource, IdentitySource, IssuerSource, List, Lists, LookupScopes, Offline,
    Preset, RevokeStyle, StaticEndpoints, StatusCheck, UserRequest,
    generic::{OAUTH2, OPENID_CLAIMS},
};
use crate::TokenAuth;

/// An OAuth app: errors with status 200, scopes with commas, no issuer, tokens without expiry.
///
/// Checking and revoking go by the REST API, which stands beside `userinfo`.
pub(super) const OAUTH_APP: Preset = Preset {
    display_name: "GitHub",
    issuer: IssuerSource::None,
    endpoints: StaticEndpoints {
        authorization: Some("https://github.com/login/oauth/authorize"),
        token: Some("https://github.com/login/oauth/access_token"),
        userinfo: Some("https://api.github.com/user"),
        revocation: None,
        introspection: None,
    },
    token_auth: Some(TokenAuth::Post),
    secret_required: true,
    pkce: true,
    scopes: &["read:user"],
    lookup_scopes: LookupScopes {
        email: &["user:email"],
        organizations: &["read:org"],
        teams: &["read:org"],
    },
    resource: ForwardResource::Never,
    offline: Offline::Never,
    // `bad_refresh_token` is what GitHub says instead of `invalid_grant`.
    ended_codes: &["bad_refresh_token"],
    identity: IdentitySource::Userinfo(UserRequest::Get),
    claims: Claims {
        subject: &["id"],
        login: "login",
        // The profile's address is one that the user chose to show; `/user/emails` says which are verified.
        email_trust: EmailTrust::Never,
        groups: "",
        ..OPENID_CLAIMS
    },
    subject_configurable: false,
    lists: Lists {
        emails: Some("/emails"),
        organizations: Some(List {
            path: "/memberships/orgs?state=active",
            id: "organization.id",
            name: &["organization.login"],
            // An invitation that nobody accepted is `pending`.
            only: Some(("state", "active")),
            within: None,
        }),
        teams: Some(List {
            path: "/teams",
            id: "id",
            name: &["organization.login", "slug"],
            only: None,
            within: Some("organization.id"),
        }),
    },
    status: StatusCheck::Github,
    revoke: RevokeStyle::Github,
    ..OAUTH2
};

/// A GitHub App: the same endpoints, permissions from the app, expiring tokens with single-use refresh tokens.
pub(super) const APP: Preset = Preset {
    scopes: &[],
    lookup_scopes: LookupScopes { email: &[], organizations: &[], teams: &[] },
    ..OAUTH_APP
};
