//! What is peculiar to each third party, as data: one file per preset, one row per peculiarity.

use crate::{ProviderKind, ProviderSettings, TokenAuth};

mod atlassian;
mod auth0;
mod cognito;
mod discord;
mod entra;
mod generic;
mod github;
mod gitlab;
mod google;
mod keycloak;
mod linear;
mod okta;
mod slack;

pub(crate) use generic::OPENID_CLAIMS;

/// The peculiarities of a third party.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is one peculiarity, and all are read by name")]
pub(crate) struct Preset {
    /// The name that people see.
    pub(crate) display_name: &'static str,
    /// Whose metadata names the endpoints.
    pub(crate) issuer: IssuerSource,
    /// The endpoints that the metadata does not name, or names for another purpose.
    pub(crate) endpoints: StaticEndpoints,
    /// How the client authenticates; `None` as the metadata says, else by `client_secret_basic`.
    pub(crate) token_auth: Option<TokenAuth>,
    /// Whether a client without a secret cannot work.
    pub(crate) secret_required: bool,
    /// Whether it knows PKCE with `S256`, advertised or not.
    pub(crate) pkce: bool,
    /// The scopes asked for unless others are configured.
    pub(crate) scopes: &'static [&'static str],
    /// What further requests cost in scopes.
    pub(crate) lookup_scopes: LookupScopes,
    /// The parameter that carries them.
    pub(crate) scope_parameter: &'static str,
    /// What is between them.
    pub(crate) scope_separator: &'static str,
    /// Scopes that come back under another name: (theirs, as asked).
    pub(crate) scope_aliases: &'static [(&'static str, &'static str)],
    /// Whether token requests repeat the scope.
    pub(crate) scope_at_token: bool,
    /// Parameters of every authorization request.
    pub(crate) authorize_parameters: &'static [(&'static str, &'static str)],
    /// How a configured resource is sent.
    pub(crate) resource: ForwardResource,
    /// How refresh tokens are asked for.
    pub(crate) offline: Offline,
    /// Where the tokens are in the answer, if not at the top.
    pub(crate) token_path: Option<TokenPath>,
    /// The `token_type` values that mean "send it as a bearer token".
    pub(crate) token_types: &'static [&'static str],
    /// The member that says whether an answer with status 200 is a success.
    pub(crate) ok_member: Option<&'static str>,
    /// Errors besides `invalid_grant` that mean the grant is over.
    pub(crate) ended_codes: &'static [&'static str],
    /// Where the identity comes from.
    pub(crate) identity: IdentitySource,
    /// Where its parts are.
    pub(crate) claims: Claims,
    /// Whether the operator may say where the user id is.
    pub(crate) subject_configurable: bool,
    /// Lists that are fetched when rules need them.
    pub(crate) lists: Lists,
    /// How a token is checked.
    pub(crate) status: StatusCheck,
    /// How a token is revoked.
    pub(crate) revoke: RevokeStyle,
}

/// Tokens that are not at the top of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TokenPath {
    /// The object that holds them.
    pub(crate) object: &'static str,
    /// The `token_type` that says that those at the top are the same ones, as in answers to a refresh.
    pub(crate) or_type_at_top: &'static str,
}

/// Whose metadata names the endpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IssuerSource {
    /// This issuer's, unless another is configured.
    Fixed(&'static str),
    /// The configured issuer's.
    Configured,
    /// Entra's, by tenant.
    Tenant,
    /// There is no metadata.
    None,
}

/// Endpoints that a preset knows by itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StaticEndpoints {
    pub(crate) authorization: Option<&'static str>,
    pub(crate) token: Option<&'static str>,
    pub(crate) userinfo: Option<&'static str>,
    pub(crate) revocation: Option<&'static str>,
    pub(crate) introspection: Option<&'static str>,
}

/// The scopes that further requests need.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LookupScopes {
    pub(crate) email: &'static [&'static str],
    pub(crate) organizations: &'static [&'static str],
    pub(crate) teams: &'static [&'static str],
}

/// How a configured resource reaches the third party.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ForwardResource {
    /// Not at all: it would be refused or is ignored.
    Never,
    /// As `resource` in both requests (RFC 8707).
    Resource,
    /// As `audience` in the authorization request.
    Audience,
}

/// How refresh tokens are asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Offline {
    /// They come or do not come by themselves; asking would be refused.
    Never,
    /// By a scope, always.
    Scope,
    /// By a scope, but only when the operator wants it.
    ScopeOnDemand,
    /// By a scope and `prompt=consent` (OpenID Connect Core section 11), if the metadata lists the scope.
    ScopeIfAdvertised,
    /// By parameters of the authorization request.
    Parameters(&'static [(&'static str, &'static str)]),
}

/// Where the identity comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IdentitySource {
    /// The ID token alone.
    IdToken,
    /// The ID token, completed by the userinfo endpoint if there is one.
    IdTokenAndUserinfo,
    /// A request with the access token.
    Userinfo(UserRequest),
}

/// How the userinfo endpoint is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UserRequest {
    Get,
    /// With this JSON body.
    Post(&'static str),
}

/// Where the parts of an identity are; paths as in [`oauth_types::ClaimPath`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Claims {
    /// The parts of the stable user id, joined by `:`; all must be there.
    pub(crate) subject: &'static [&'static str],
    pub(crate) name: &'static str,
    pub(crate) login: &'static str,
    pub(crate) email: &'static str,
    pub(crate) email_trust: EmailTrust,
    pub(crate) tenant: &'static str,
    pub(crate) organizations: &'static str,
    pub(crate) groups: &'static str,
}

/// When an e-mail address counts as verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EmailTrust {
    /// When this claim is JSON `true`.
    Claim(&'static str),
    /// When `email_verified` is `true` and Google is responsible for the address: `@gmail.com` or a Workspace
    /// domain in `hd`. Other addresses may have changed hands since Google asked.
    Google,
    /// Never.
    Never,
}

/// Lists at paths below the userinfo endpoint.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lists {
    /// Addresses with `email`, `primary` and `verified`.
    pub(crate) emails: Option<&'static str>,
    /// Organisations.
    pub(crate) organizations: Option<List>,
    /// Teams, each within one of the organisations.
    pub(crate) teams: Option<List>,
}

/// A list of groups of people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct List {
    /// Below the userinfo endpoint.
    pub(crate) path: &'static str,
    /// The stable id of an item.
    pub(crate) id: &'static str,
    /// The parts of its name, joined by `/`; empty if names are not unique.
    pub(crate) name: &'static [&'static str],
    /// Only items that have this text there.
    pub(crate) only: Option<(&'static str, &'static str)>,
    /// The stable id of the organisation that it is in; it must be one of the organisations.
    pub(crate) within: Option<&'static str>,
}

/// How a token is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StatusCheck {
    /// GitHub's "check a token", which also proves whose token it is.
    Github,
    /// Token introspection (RFC 7662) where there is an endpoint, else by reading the identity.
    Introspection,
    /// A request with the token whose answer names the client at this path.
    Audience { post: bool, client: &'static str },
    /// Reading the identity.
    Identity,
    /// There is no way.
    None,
}

/// How a token is revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RevokeStyle {
    /// Token revocation (RFC 7009) where there is an endpoint.
    Rfc7009,
    /// The same without client authentication.
    TokenOnly,
    /// GitHub's "delete an app token".
    Github,
    /// A `POST` with the token as bearer token.
    Bearer,
    /// There is no way.
    None,
}

impl Preset {
    /// The preset that `settings` ask for; `None` for built-in accounts, which are no third party.
    pub(crate) fn of(settings: &ProviderSettings) -> Option<Self> {
        Some(match settings.kind {
            ProviderKind::GithubOauthApp => github::OAUTH_APP,
            ProviderKind::GithubApp => github::APP,
            ProviderKind::Google => google::PRESET,
            ProviderKind::Entra => entra::PRESET,
            ProviderKind::Gitlab => gitlab::PRESET,
            ProviderKind::Slack if slack::is_api(&settings.scopes) => slack::API,
            ProviderKind::Slack => slack::SIGN_IN,
            ProviderKind::Discord => discord::PRESET,
            ProviderKind::Auth0 => auth0::PRESET,
            ProviderKind::Okta => okta::PRESET,
            ProviderKind::Keycloak => keycloak::PRESET,
            ProviderKind::Cognito => cognito::PRESET,
            ProviderKind::Linear => linear::PRESET,
            ProviderKind::Atlassian => atlassian::PRESET,
            ProviderKind::Oidc => generic::OIDC,
            ProviderKind::Oauth2 => generic::OAUTH2,
            ProviderKind::Local => return None,
        })
    }

    /// Whether sign-in must bring an ID token.
    pub(crate) const fn is_openid(&self) -> bool {
        matches!(self.identity, IdentitySource::IdToken | IdentitySource::IdTokenAndUserinfo)
    }
}
